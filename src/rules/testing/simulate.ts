/** Runs a case: a simulated clock and simulated nodes, with the evaluation and the rails that run in earnest. */

import { defined } from '../../lib/defined.ts';
import { DEFAULT_POLICY } from '../../model/configuration/default-policy.ts';
import type { Decision, Finding } from '../../model/decisions/decision.ts';
import type { Judge } from '../../model/decisions/rail.ts';
import type { RuleSet } from '../../model/decisions/rule.ts';
import type { Entry, EntryBody } from '../../model/entries/entry.ts';
import type { Request } from '../../model/entries/requests.ts';
import { parseScope } from '../../model/people/hold.ts';
import { foldEntry } from '../fold-entry.ts';
import type { FoldEvent } from '../state/draft.ts';
import { type FoldContext, initialState, type PoolState } from '../state/state.ts';
import { beginCoverage, type Coverage, cover } from './coverage.ts';
import type { TestCase } from './load.ts';
import { valueAt } from './series.ts';
import { createSimulatedPool, type SimulatedPool } from './simulated-pool.ts';

export interface RunParts {
  readonly ruleSet: RuleSet;
  readonly judge: Judge;
  /** The title of what people are told of an event; undefined for what is only recorded. */
  titleOf(event: FoldEvent, pool: string, at: number): string | undefined;
}

/** What is seen of a case after some intervals. */
export interface Look {
  readonly findings: readonly Finding[];
  /** Ids of the decisions since the look before, in their order. */
  readonly made: readonly string[];
  /** Titles of the messages to people since then. */
  readonly told: readonly string[];
}

export interface Simulation {
  /** Lets one more interval pass. */
  advance(): void;
  look(): Look;
  /** By id, as it is now. */
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly coverage: Coverage;
}

/** A round number that reads well in a decision's id. */
const START_MS = 1_000_000_000;

/** How long a node takes to answer a job, in intervals. */
const ANSWERS_AFTER = 1;

/** What a simulation has come to. */
interface Run {
  readonly test: TestCase;
  readonly parts: RunParts;
  readonly nodes: SimulatedPool;
  readonly context: FoldContext;
  readonly decisions: Map<string, Decision>;
  readonly coverage: Coverage;
  /** Interval to what nodes answer then. */
  readonly answers: Map<number, (() => EntryBody | undefined)[]>;
  state: PoolState;
  interval: number;
  /** Entries that were folded. */
  sequence: number;
  made: string[];
  told: string[];
}

export function simulate(test: TestCase, parts: RunParts): Simulation {
  const run = beginRun(test, parts);
  return {
    decisions: run.decisions,
    coverage: run.coverage,
    advance: () => advance(run),
    look() {
      const { made, told } = run;
      run.made = [];
      run.told = [];
      return { findings: Object.values(run.state.findings), made, told };
    },
  };
}

function beginRun(test: TestCase, parts: RunParts): Run {
  const { ruleSet, judge } = parts;
  const { intervalMs, mode, settle: settleMs } = test;
  const nodes = createSimulatedPool(test);
  return {
    test,
    parts,
    nodes,
    context: {
      pool: nodes.pool,
      policy: { ...DEFAULT_POLICY, mode, settleMs },
      poll: { intervalMs, timeoutMs: 500, windowMs: 15_000, staleAfterMs: 3 * intervalMs },
      ruleSet,
      judge,
    },
    decisions: new Map(),
    coverage: beginCoverage(),
    answers: new Map(),
    state: initialState({
      cursor: `${START_MS}-0`,
      now: START_MS,
      settleMs,
      reason: 'The test has begun',
      ruleSet,
      brokerRunId: 'test',
    }),
    interval: 0,
    sequence: 0,
    made: [],
    told: [],
  };
}

function advance(run: Run): void {
  const { test, nodes, interval } = run;
  const { name: pool } = nodes.pool;
  const now = START_MS + interval * test.intervalMs;
  const isNow = ({ at }: { readonly at: number }) => Math.floor(at / test.intervalMs) === interval;
  for (const answer of run.answers.get(interval) ?? []) {
    const outcome = answer();
    if (outcome !== undefined) fold(run, now, outcome);
  }
  for (const sweep of nodes.sweeps(interval, now)) fold(run, now, sweep);
  fold(run, now, { kind: 'tick', pool });
  for (const request of test.requests.filter(isNow)) fold(run, now, requestOf(request, pool));
  for (const said of test.people.filter(isNow)) {
    for (const body of entriesOf(said, pool, run.state)) fold(run, now, body);
  }
  run.interval += 1;
}

function fold(run: Run, now: number, body: EntryBody): void {
  const { test, parts, nodes, decisions, answers, interval } = run;
  run.sequence += 1;
  const entry: Entry = { id: `${now}-${run.sequence}`, body };
  const result = foldEntry(contextNow(run), run.state, entry, decisions);
  run.state = result.state;
  for (const decision of result.records) {
    if (!decisions.has(decision.id)) run.made.push(decision.id);
    decisions.set(decision.id, decision);
  }
  run.told.push(...result.events.flatMap((event) => parts.titleOf(event, nodes.pool.name, now) ?? []));
  const at = interval + ANSWERS_AFTER;
  const next = result.jobs.map((job) => () => nodes.act(job, START_MS + at * test.intervalMs));
  answers.set(at, [...(answers.get(at) ?? []), ...next]);
  cover(run.coverage, result, parts.ruleSet);
}

/** A broker in trouble has no other fault here: nothing is acted on, as with one that evicts. */
function contextNow({ test, context, interval }: Run): FoldContext {
  const broker = test.tracks.find(({ kind }) => kind === 'broker');
  const trouble = broker && String(valueAt(broker.series, interval) ?? '');
  return trouble ? { ...context, brokerTrouble: trouble, brokerTroubles: [trouble] } : context;
}

/** The entries that a person writes besides requests. An answer is about the decision that waits for that target. */
function entriesOf(said: TestCase['people'][number], pool: string, { waiting }: PoolState): EntryBody[] {
  const { by } = said;
  const pause = parseScope(said.pause ?? '');
  const resume = parseScope(said.resume ?? '');
  const answer = said.approve === undefined ? ('deny' as const) : ('approve' as const);
  const asked = Object.values(waiting).find(({ decision }) => decision.target === (said.approve ?? said.deny));
  return [
    ...(pause
      ? [{ kind: 'hold' as const, pool, scope: pause, by, reason: 'the test holds it', holdMs: said.for }]
      : []),
    ...(resume ? [{ kind: 'resume' as const, pool, scope: resume, by }] : []),
    ...(said.trust || said.ack ? [{ kind: 'ack' as const, pool, by }] : []),
    ...(asked
      ? [{ kind: 'answer' as const, pool, decision: asked.decision.id, by, via: 'terminal' as const, answer }]
      : []),
  ];
}

function requestOf({ action, target, weight, lease, force }: TestCase['requests'][number], pool: string): Request {
  return {
    kind: 'request',
    pool,
    action,
    target,
    force,
    by: 'test',
    reason: 'the test asks',
    ...defined({ weight, leaseMs: lease }),
  };
}
