/** New entries of a pool, one after the other: what the pool's state and what people are told become of them. */

import type { Redis } from 'ioredis';
import { readDecision } from '../src/broker/store.ts';
import type { TellPlan } from '../src/model/config.ts';
import type { Decision } from '../src/model/decision.ts';
import { type Entry, entryTime } from '../src/model/entry.ts';
import type { Happening, Incident, Thread } from '../src/model/incident.ts';
import type { Rule } from '../src/model/rule.ts';
import type { StepEvent } from '../src/rules/draft.ts';
import { leaseIdOf } from '../src/rules/leases.ts';
import type { PoolState, StepContext } from '../src/rules/state.ts';
import { type StepResult, step } from '../src/rules/step.ts';
import type { Desk, DeskResult, Show } from '../src/tell/desk/desk.ts';
import { foldDesk } from '../src/tell/desk/fold.ts';
import { happeningOf } from './news.ts';

export interface FoldInput {
  readonly context: StepContext;
  readonly plan: TellPlan;
  readonly state: PoolState;
  readonly desk: Desk;
  /** What happened before the first entry: the pool settles anew. */
  readonly events: readonly StepEvent[];
  readonly entries: readonly Entry[];
  readonly redis: Redis;
}

export interface Folded {
  readonly state: PoolState;
  readonly desk: Desk;
  readonly events: readonly StepEvent[];
  readonly jobs: StepResult['jobs'];
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly owed: ReadonlyMap<string, StepResult['owed'][number]>;
  readonly audit: StepResult['audit'];
  readonly incidents: readonly Incident[];
  readonly threads: readonly Thread[];
  readonly shows: readonly Show[];
}

/** @throws what ioredis throws: decisions that are closed are looked up. */
export async function fold(input: FoldInput): Promise<Folded> {
  const { context, entries } = input;
  const recorded = await closedDecisions(context.pool.name, entries, input.redis);
  const decisions = new Map<string, Decision>();
  const owed = new Map<string, StepResult['owed'][number]>();
  const events: StepEvent[] = [...input.events];
  const jobs: StepResult['jobs'][number][] = [];
  const audit: StepResult['audit'][number][] = [];
  const told = newTold();
  let { state, desk } = input;
  let untold = input.events;
  for (const entry of entries) {
    const before = state;
    const result = step(context, state, entry, recorded);
    state = result.state;
    events.push(...result.events);
    jobs.push(...result.jobs);
    audit.push(...result.audit);
    for (const decision of result.records) {
      decisions.set(decision.id, decision);
      recorded.set(decision.id, decision);
    }
    for (const lease of result.owed) owed.set(lease.id, lease);
    const after = foldTold(input, desk, entry, { before, state, events: [...untold, ...result.events] });
    untold = [];
    desk = after.desk;
    told.take(after);
  }
  if (untold.length > 0) {
    // Nothing has come since: people are told all the same that it settles.
    const now: Entry = { id: state.cursor, body: { kind: 'tick', pool: context.pool.name } };
    const after = foldTold(input, desk, now, { before: state, state, events: untold });
    desk = after.desk;
    told.take(after);
  }
  return { state, desk, events, jobs, decisions, owed, audit, ...told.all() };
}

interface Around {
  readonly before: PoolState;
  readonly state: PoolState;
  readonly events: readonly StepEvent[];
}

function foldTold({ context, plan }: FoldInput, desk: Desk, entry: Entry, around: Around): DeskResult {
  const { before, state, events } = around;
  const now = entryTime(entry.id);
  const { rules } = context.ruleSet;
  const isFiring = (rule: Rule) =>
    Object.values(state.findings).some((one) => one.rule === rule.name && one.phase === 'firing');
  return foldDesk(desk, {
    pool: context.pool.name,
    now,
    entryId: entry.id,
    body: entry.body,
    happenings: events.map((event): Happening => happeningOf(event, context.pool.name, now)),
    before: before.findings,
    findings: state.findings,
    muterOf: (name) => rules.find((rule) => rule.mutes.includes(name) && isFiring(rule))?.name,
    ruleOf: (name) => rules.find((rule) => rule.name === name),
    plan,
  });
}

/** Of a thread that changed with several entries the last state counts, and it is shown once. */
function newTold() {
  const incidents = new Map<string, Incident>();
  const threads = new Map<string, Thread>();
  const shows = new Map<string, Show>();
  return {
    take(result: DeskResult) {
      for (const incident of result.incidents) incidents.set(incident.id, incident);
      for (const thread of result.threads) threads.set(thread.id, thread);
      for (const show of result.shows) shows.set(`${show.thread}|${show.place}`, show);
    },
    all: () => ({
      incidents: [...incidents.values()],
      threads: [...threads.values()],
      shows: [...shows.values()],
    }),
  };
}

/** Decisions that outcomes and answers among the entries are about: `step` adds to their record also when they are closed. */
async function closedDecisions(pool: string, entries: readonly Entry[], redis: Redis): Promise<Map<string, Decision>> {
  const about = ({ body }: Entry) =>
    body.kind === 'outcome' ? [leaseIdOf(body.decision)] : body.kind === 'answer' ? [body.decision] : [];
  const ids = new Set(entries.flatMap(about));
  const found = await Promise.all([...ids].map((id) => readDecision(redis, pool, id)));
  return new Map(found.flatMap((decision) => (decision === undefined ? [] : [[decision.id, decision]])));
}
