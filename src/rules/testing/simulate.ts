/** A case in motion: the simulated clock, the evaluation and the rails that run in earnest, and the nodes on paper. */

import type { Decision, Finding } from '../../model/decision.ts';
import type { Entry, EntryBody, Request } from '../../model/entry.ts';
import { parseScope } from '../../model/hold.ts';
import { DEFAULT_POLICY } from '../../model/policy.ts';
import type { Judge } from '../../model/rail.ts';
import type { RuleSet } from '../../model/rule.ts';
import type { StepEvent } from '../draft.ts';
import { initialState, type PoolState, type StepContext } from '../state.ts';
import { step } from '../step.ts';
import { beginCoverage, type Coverage, cover } from './coverage.ts';
import type { TestCase } from './load.ts';
import { createPaper } from './paper.ts';
import { valueAt } from './series.ts';

export interface RunParts {
  readonly ruleSet: RuleSet;
  readonly judge: Judge;
  /** The title of what people are told of an event; undefined for what is only recorded. */
  titleOf(event: StepEvent, pool: string, at: number): string | undefined;
}

/** What a case has come to after some intervals. */
export interface Look {
  readonly findings: readonly Finding[];
  /** Ids of the decisions since the look before, in their order. */
  readonly made: readonly string[];
  /** Titles of what people were told since then. */
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

/** How long a node takes for its part, in intervals. */
const ANSWERS_AFTER = 1;

export function simulate(test: TestCase, { ruleSet, judge, titleOf }: RunParts): Simulation {
  const { intervalMs } = test;
  const paper = createPaper(test);
  const { name: pool } = paper.pool;
  const context: StepContext = {
    pool: paper.pool,
    policy: { ...DEFAULT_POLICY, mode: test.mode, settleMs: test.settle },
    poll: { intervalMs, timeoutMs: 500, windowMs: 15_000, staleAfterMs: 3 * intervalMs },
    ruleSet,
    judge,
  };
  const broker = test.tracks.find(({ kind }) => kind === 'broker');
  /** Of a broker that is in trouble nothing else is known here: nothing is acted on, as with one that evicts. */
  const contextAt = (index: number): StepContext => {
    const trouble = broker && String(valueAt(broker.series, index) ?? '');
    return trouble ? { ...context, brokerTrouble: trouble, brokerTroubles: [trouble] } : context;
  };
  let state = initialState({
    cursor: `${START_MS}-0`,
    now: START_MS,
    settleMs: test.settle,
    reason: 'The test has begun',
    ruleSet,
    brokerRunId: 'test',
  });
  const decisions = new Map<string, Decision>();
  const coverage = beginCoverage();
  /** Interval to what nodes do then. */
  const due = new Map<number, (() => EntryBody | undefined)[]>();
  let interval = 0;
  let sequence = 0;
  let made: string[] = [];
  let told: string[] = [];

  function fold(now: number, body: EntryBody): void {
    sequence += 1;
    const entry: Entry = { id: `${now}-${sequence}`, body };
    const result = step(contextAt(interval), state, entry, decisions);
    state = result.state;
    for (const decision of result.records) {
      if (!decisions.has(decision.id)) made.push(decision.id);
      decisions.set(decision.id, decision);
    }
    told.push(...result.events.flatMap((event) => titleOf(event, pool, now) ?? []));
    const at = interval + ANSWERS_AFTER;
    const answers = result.jobs.map((job) => () => paper.act(job, START_MS + at * intervalMs));
    due.set(at, [...(due.get(at) ?? []), ...answers]);
    cover(coverage, result, ruleSet);
  }

  return {
    decisions,
    coverage,
    advance() {
      const now = START_MS + interval * intervalMs;
      for (const answer of due.get(interval) ?? []) {
        const outcome = answer();
        if (outcome !== undefined) fold(now, outcome);
      }
      for (const sweep of paper.sweeps(interval, now)) fold(now, sweep);
      fold(now, { kind: 'tick', pool });
      for (const one of test.requests) {
        if (Math.floor(one.at / intervalMs) === interval) fold(now, requestOf(one, pool));
      }
      for (const one of test.people) {
        if (Math.floor(one.at / intervalMs) !== interval) continue;
        for (const body of entriesOf(one, pool, state)) fold(now, body);
      }
      interval += 1;
    },
    look() {
      const seen: Look = { findings: Object.values(state.findings), made, told };
      made = [];
      told = [];
      return seen;
    },
  };
}

/** What a person says besides requests, as entries. An answer is about what waits for that target. */
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
    ...(said.ack ? [{ kind: 'ack' as const, pool, by }] : []),
    ...(asked
      ? [{ kind: 'answer' as const, pool, decision: asked.decision.id, by, via: 'terminal' as const, answer }]
      : []),
  ];
}

function requestOf({ action, target, weight, lease, force }: TestCase['requests'][number], pool: string): Request {
  return {
    kind: 'request',
    ...{ pool, action, target, force, by: 'test', reason: 'the test asks' },
    ...(weight !== undefined && { weight }),
    ...(lease !== undefined && { leaseMs: lease }),
  };
}
