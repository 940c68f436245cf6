/** The evaluation of one pool: read what is new, fold it, commit, hand on what was committed. */

import type { Redis } from 'ioredis';
import type { BrokerHealth } from '../src/broker/health.ts';
import { ALIVE_KEY, ALIVE_SECONDS } from '../src/broker/keys.ts';
import { commit, type OutboxItem, readOutbox, readRevision, readState, strikeOff } from '../src/broker/store.ts';
import { readAfter, trim } from '../src/broker/stream.ts';
import type { PolicyConfig, PollConfig, PoolConfig, TellPlan } from '../src/model/config.ts';
import { type EntryId, entryTime } from '../src/model/entry.ts';
import type { Judge } from '../src/model/rail.ts';
import type { RuleSet } from '../src/model/rule.ts';
import type { StepEvent } from '../src/rules/draft.ts';
import { holdListOf } from '../src/rules/holds.ts';
import { initialState, NOTHING_REMEMBERED, type PoolState, resettle, type StepContext } from '../src/rules/state.ts';
import { type Desk, newDesk } from '../src/tell/desk/desk.ts';
import { type Folded, fold } from './fold.ts';
import { outboxOf } from './outbox.ts';

/**
 * A cursor that is further behind than this is not caught up with: what it missed is history. In ms. The stream's fuse
 * (20,000 entries) cannot cut in earlier below 600 entries a second.
 */
const GAP_MS = 30_000;

/** Far more often than ALIVE_SECONDS; for many pools it need not be said by each. */
const SAY_ALIVE_EVERY_MS = 1_000;

/** The stream keeps an hour: a minute more is nothing. */
const TRIM_EVERY_MS = 60_000;

/** Entries that are folded between two commits. */
const BATCH = 500;

export interface EvaluateDependencies {
  readonly redis: Redis;
  readonly policy: PolicyConfig;
  readonly poll: PollConfig;
  readonly plan: TellPlan;
  readonly judge: Judge;
  /** The rules in force, asked once per evaluation. */
  ruleSet(): Promise<RuleSet>;
  health(): BrokerHealth;
  readonly memory: EvaluationMemory;
  /** Adds one committed item to its queue. */
  deliver(item: OutboxItem): Promise<void>;
  /** What stands in the outbox and could not be added to its queue; it is tried again at the next evaluation. */
  onError(error: unknown): void;
  /** Called after a commit with what happened, for metrics. */
  onEvents(events: readonly StepEvent[]): void;
}

/** What a worker keeps from one evaluation to the next, so as not to do it every time. It may be lost at any time. */
export interface EvaluationMemory {
  /** Of each pool as it was committed here last: at the same revision it need not be read again. */
  readonly states: Map<string, { readonly state: PoolState; readonly desk: Desk; readonly revision: number }>;
  /** Of each pool the time of the cursor that its stream was trimmed at last. */
  readonly trimmedAt: Map<string, number>;
  /** Monotonic, in ms: when it was last said that evaluations go on. */
  saidAliveAt: number;
}

export function newMemory(): EvaluationMemory {
  return { states: new Map(), trimmedAt: new Map(), saidAliveAt: Number.NEGATIVE_INFINITY };
}

/**
 * Evaluates what is new of a pool. Idempotent: a second one that read the same cursor commits nothing. What an earlier
 * one committed and did not deliver is delivered first.
 */
export async function evaluatePool(pool: PoolConfig, deps: EvaluateDependencies): Promise<void> {
  const { redis, memory } = deps;
  await deliverOutbox(pool.name, deps);
  const ruleSet = await deps.ruleSet();
  for (;;) {
    const before = await loadState(pool, ruleSet, deps);
    const entries = await readAfter(redis, pool.name, before.state.cursor, BATCH);
    if (entries.length === 0 && before.events.length === 0) break;
    const context = contextOf(pool, ruleSet, deps);
    const folded = await fold({ context, plan: deps.plan, redis, entries, ...before });
    const outbox = outboxOf(pool.name, folded);
    const isSameDesk = folded.desk === before.desk && before.isDeskStored;
    const revision = await commit(redis, pool.name, {
      readCursor: before.readCursor,
      cursor: folded.state.cursor,
      stateJson: JSON.stringify(folded.state),
      outbox,
      decisions: [...folded.decisions.values()],
      owed: [...folded.owed.values()],
      audit: folded.audit,
      holds: holdListOf(folded.state),
      forgotten: Object.keys(before.state.ended).filter((id) => folded.state.ended[id] === undefined),
      ...(!isSameDesk && { desk: { json: JSON.stringify(folded.desk), ...pick(folded) } }),
    });
    if (revision === undefined) return; // Another worker has folded these entries; what follows is its business.
    memory.states.set(pool.name, { state: folded.state, desk: folded.desk, revision });
    deps.onEvents(folded.events);
    if (outbox.length > 0) await deliverOutbox(pool.name, deps);
    if (entries.length < BATCH) {
      await trimNowAndThen(pool.name, entryTime(folded.state.cursor), deps);
      break;
    }
  }
  if (performance.now() - memory.saidAliveAt < SAY_ALIVE_EVERY_MS) return;
  memory.saidAliveAt = performance.now();
  await redis.set(ALIVE_KEY, String(Date.now()), 'EX', ALIVE_SECONDS);
}

async function trimNowAndThen(
  pool: string,
  cursorTime: number,
  { redis, memory }: EvaluateDependencies,
): Promise<void> {
  if (cursorTime - (memory.trimmedAt.get(pool) ?? 0) < TRIM_EVERY_MS) return;
  memory.trimmedAt.set(pool, cursorTime);
  await trim(redis, pool, cursorTime);
}

interface Loaded {
  readonly state: PoolState;
  /** What the commit compares with; empty when the broker has no state of this pool. */
  readonly readCursor: EntryId | '';
  readonly desk: Desk;
  readonly isDeskStored: boolean;
  readonly events: readonly StepEvent[];
}

/** The stored state, made ready for now: a new one, or resettled after a gap or on another broker. */
async function loadState(pool: PoolConfig, ruleSet: RuleSet, deps: EvaluateDependencies): Promise<Loaded> {
  const { redis, policy, poll } = deps;
  const { runId } = deps.health();
  const [seconds] = await redis.time();
  const now = Number(seconds) * 1_000;
  const stored = await storedState(pool.name, deps);
  const recent = `${now - poll.staleAfterMs}-0`;
  if (stored === undefined) {
    const reason = 'Weir has started on this pool';
    const fresh = { cursor: recent, now, settleMs: policy.settleMs, reason, ruleSet, brokerRunId: runId };
    return { ...noDesk(now), state: initialState(fresh), readCursor: '', events: settling(reason, now) };
  }
  const { state, cursor: readCursor } = stored;
  const desk = stored.desk === undefined ? noDesk(now) : { desk: stored.desk, isDeskStored: true };
  if (now - entryTime(stored.cursor) > GAP_MS) {
    const reason = 'The evaluation has a gap: what happened meanwhile is history';
    const skipped = { ...resettle(state, now, policy.settleMs, reason), cursor: recent, brokerRunId: runId };
    return { ...desk, state: skipped, readCursor, events: settling(reason, now) };
  }
  if (state.brokerRunId !== runId) {
    const reason = 'The broker was restarted or is another one';
    const resettled = { ...resettle(state, now, policy.settleMs, reason), brokerRunId: runId };
    return { ...desk, state: resettled, readCursor, events: settling(reason, now) };
  }
  return { ...desk, state, readCursor, events: [] };
}

function noDesk(now: number): Pick<Loaded, 'desk' | 'isDeskStored'> {
  return { desk: newDesk(now), isDeskStored: false };
}

function settling(reason: string, at: number): StepEvent[] {
  return [{ type: 'settling', reason, at }];
}

async function storedState(
  pool: string,
  { redis, memory }: EvaluateDependencies,
): Promise<{ cursor: EntryId; state: PoolState; desk?: Desk } | undefined> {
  const known = memory.states.get(pool);
  if (known !== undefined && known.revision === (await readRevision(redis, pool))) {
    return { cursor: known.state.cursor, state: known.state, desk: known.desk };
  }
  const stored = await readState(redis, pool);
  if (stored === undefined) return undefined;
  // A version before this one may have written it.
  const added: Partial<PoolState> = { ruleHashes: {}, ...NOTHING_REMEMBERED };
  const state = { ...added, ...(JSON.parse(stored.json) as PoolState) };
  const desk = stored.deskJson === undefined ? {} : { desk: JSON.parse(stored.deskJson) as Desk };
  return { cursor: stored.cursor, state, ...desk };
}

function contextOf(pool: PoolConfig, ruleSet: RuleSet, deps: EvaluateDependencies): StepContext {
  const { evicts, troubles } = deps.health();
  const [trouble] = evicts ? troubles : [];
  return {
    pool,
    policy: deps.policy,
    poll: deps.poll,
    ruleSet,
    judge: deps.judge,
    brokerTroubles: troubles,
    ...(trouble !== undefined && { brokerTrouble: trouble }),
  };
}

function pick({ incidents, threads }: Folded): Pick<Folded, 'incidents' | 'threads'> {
  return { incidents, threads };
}

/** One item that cannot be delivered holds up neither the others nor the evaluation. */
async function deliverOutbox(pool: string, { redis, deliver, onError }: EvaluateDependencies): Promise<void> {
  const delivered: string[] = [];
  for (const [id, item] of await readOutbox(redis, pool)) {
    try {
      await deliver(item);
      delivered.push(id);
    } catch (error) {
      onError(error);
    }
  }
  await strikeOff(redis, pool, delivered);
}
