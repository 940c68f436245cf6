/** Evaluates one pool: reads what is new, folds it, commits, and delivers what was committed. */

import type { Redis } from 'ioredis';
import { sayAlive } from '../../src/broker/alive.ts';
import { readAfter, readWords, trim } from '../../src/broker/entries/stream.ts';
import type { BrokerHealth } from '../../src/broker/health.ts';
import { sealOf } from '../../src/broker/seal/sealed.ts';
import {
  commit,
  type OutboxItem,
  readOutbox,
  readRevision,
  readVersion,
  removeFromOutbox,
} from '../../src/broker/store.ts';
import { lookAtTime } from '../../src/broker/time/clock.ts';
import { editionOf } from '../../src/config/edition.ts';
import type { PolicyConfig, PollConfig, PoolConfig, TellPlan } from '../../src/model/configuration/config.ts';
import type { Judge } from '../../src/model/decisions/rail.ts';
import type { RuleSet } from '../../src/model/decisions/rule.ts';
import type { Unreadable } from '../../src/model/entries/entry.ts';
import { FORMAT_VERSION, newerState } from '../../src/model/entries/version.ts';
import { WeirError } from '../../src/model/error.ts';
import { entryTime } from '../../src/model/ids.ts';
import { readPoolState, type StoredPool, toStored } from '../../src/operations/stored.ts';
import { holdListOf } from '../../src/rules/findings/holds.ts';
import type { FoldEvent } from '../../src/rules/state/draft.ts';
import type { FoldContext, PoolState } from '../../src/rules/state/state.ts';
import { type IncidentState, newIncidentState } from '../../src/tell/incidents/state.ts';
import { fold } from './fold.ts';
import { outboxOf, toSeal } from './outbox.ts';
import { makeReady, type Ready } from './ready.ts';

/** Far shorter than a sign of life lives. In ms. */
const SAY_ALIVE_EVERY_MS = 1_000;

/** The stream keeps an hour, so a minute more does no harm. In ms. */
const TRIM_EVERY_MS = 60_000;

/** Entries that are folded between two commits. */
const BATCH = 500;

export interface EvaluateDependencies {
  readonly redis: Redis;
  /** This worker's name and file, the same after a restart. */
  readonly worker?: string;
  readonly policy: PolicyConfig;
  readonly poll: PollConfig;
  readonly plan: TellPlan;
  readonly judge: Judge;
  /** The rules in force, asked once per evaluation. */
  ruleSet(): Promise<RuleSet>;
  health(): BrokerHealth;
  readonly memory: EvaluationMemory;
  /** The format that this worker writes; absent: the present one (model/version.ts). */
  readonly version?: number;
  /** Broker time in ms. */
  brokerNow(): Promise<number>;
  /** Adds one committed item to its queue. */
  deliver(item: OutboxItem): Promise<void>;
  /** An item of the outbox could not be delivered; it is tried again at the next evaluation. */
  onError(error: unknown, doing: string): void;
  /** Called after a commit with its events, for metrics and the log. */
  onEvents(events: readonly FoldEvent[]): void;
  /** Called after a commit with the entries that were set aside. */
  onAside?(aside: readonly Unreadable[]): void;
}

/** A worker's caches from one evaluation to the next. They may be lost at any time. */
export interface EvaluationMemory {
  /** Pool to the state that was committed here last. At the same revision it need not be read again. */
  readonly states: Map<
    string,
    { readonly state: PoolState; readonly incidentState: IncidentState; readonly revision: number }
  >;
  /** Pool to the time of the cursor at which its stream was last trimmed. */
  readonly trimmedAt: Map<string, number>;
  /** Pool to the time of the last sign of life, monotonic, in ms. */
  readonly saidAliveAt: Map<string, number>;
  /** Pools whose live leases this process has sealed: before it they had no seal, or that of a key that goes. */
  readonly sealed: Set<string>;
  /** Pools that this worker leaves alone because a newer worker has evaluated them. */
  readonly leftAlone: Set<string>;
}

export function newMemory(): EvaluationMemory {
  return { states: new Map(), trimmedAt: new Map(), saidAliveAt: new Map(), sealed: new Set(), leftAlone: new Set() };
}

/**
 * Evaluates what is new of a pool. Idempotent: a second evaluation that read the same cursor commits nothing. Items that an
 * earlier one committed and did not deliver are delivered first.
 */
export async function evaluatePool(pool: PoolConfig, deps: EvaluateDependencies): Promise<void> {
  const { redis, memory, version = FORMAT_VERSION } = deps;
  const newest = await readVersion(redis, pool.name);
  if (newest > version) return leaveAlone(pool.name, newest, deps);
  memory.leftAlone.delete(pool.name);
  await deliverOutbox(pool.name, deps);
  const ruleSet = await deps.ruleSet();
  let isSound = true;
  const mustSeal = sealOf(redis) !== undefined && !memory.sealed.has(pool.name);
  for (;;) {
    const before = await loadState(pool, ruleSet, deps);
    const { gap, ...loaded } = before;
    const words = gap && { ...gap, words: await readWords(redis, pool.name, gap) };
    const entries = await readAfter(redis, pool.name, gap?.upTo ?? loaded.state.cursor, BATCH);
    if (entries.length === 0 && before.events.length === 0) break;
    const context = contextOf(pool, ruleSet, deps);
    const folded = await fold({ context, plan: deps.plan, redis, entries, ...loaded, ...(words && { gap: words }) });
    const outbox = outboxOf(pool.name, folded);
    const areIncidentsSame = folded.incidentState === before.incidentState && before.areIncidentsStored;
    const revision = await commit(redis, pool.name, {
      version,
      readCursor: before.readCursor,
      cursor: folded.state.cursor,
      stateJson: JSON.stringify(folded.state),
      outbox,
      decisions: [...folded.decisions.values()],
      desired: [...(mustSeal ? toSeal(folded) : []), ...folded.desired.values()],
      audit: folded.audit,
      holds: holdListOf(folded.state),
      forgotten: Object.keys(before.state.ended).filter((id) => folded.state.ended[id] === undefined),
      ...(!areIncidentsSame && {
        incidentState: {
          ...toStored(folded.incidentState),
          incidents: folded.incidents,
          threads: folded.threads,
        },
      }),
    });
    if (revision === undefined) return; // Another worker has folded these entries, and goes on.
    memory.sealed.add(pool.name);
    memory.states.set(pool.name, { state: folded.state, incidentState: folded.incidentState, revision });
    deps.onEvents(folded.events);
    deps.onAside?.(folded.aside);
    for (const fault of folded.faults) deps.onError(fault, `evaluating ${pool.name}`);
    isSound &&= folded.faults.length === 0;
    if (outbox.length > 0) await deliverOutbox(pool.name, deps);
    if (entries.length < BATCH) {
      await trimNowAndThen(pool.name, entryTime(folded.state.cursor), deps);
      break;
    }
  }
  const saidAt = memory.saidAliveAt.get(pool.name) ?? Number.NEGATIVE_INFINITY;
  // No sign of life where entries fail to fold again and again: something is not seen, and nodes page.
  // page.
  if (!isSound || performance.now() - saidAt < SAY_ALIVE_EVERY_MS) return;
  memory.saidAliveAt.set(pool.name, performance.now());
  await sayAlive(redis, pool.name);
}

/** A newer worker has evaluated the pool: its state may mean what this worker does not know. That is reported once. */
function leaveAlone(pool: string, newest: number, { memory, onError }: EvaluateDependencies): void {
  if (memory.leftAlone.has(pool)) return;
  memory.leftAlone.add(pool);
  onError(new WeirError('system', newerState(pool, newest)), `evaluating ${pool}`);
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

interface Loaded extends Ready {
  readonly incidentState: IncidentState;
  readonly areIncidentsStored: boolean;
}

/** The stored state, made ready for now, and the incidents beside it. */
async function loadState(pool: PoolConfig, ruleSet: RuleSet, deps: EvaluateDependencies): Promise<Loaded> {
  const { policy, poll } = deps;
  const brokerRunId = deps.health().runId;
  // A machine that was paused does not know how late it is. The stream does, because others went on writing.
  const { last = 0 } = await lookAtTime(deps.redis, pool.name);
  const now = Math.max(await deps.brokerNow(), last);
  const stored = await storedState(pool.name, deps);
  const { settleMs } = policy;
  const { staleAfterMs } = poll;
  const ready = makeReady({ stored, now, settleMs, staleAfterMs, ruleSet, brokerRunId });
  return {
    ...ready,
    incidentState: stored?.incidentState ?? newIncidentState(now),
    areIncidentsStored: stored?.incidentState !== undefined,
  };
}

async function storedState(pool: string, { redis, memory }: EvaluateDependencies): Promise<StoredPool | undefined> {
  const cached = memory.states.get(pool);
  if (cached !== undefined && cached.revision === (await readRevision(redis, pool))) {
    return { cursor: cached.state.cursor, state: cached.state, incidentState: cached.incidentState };
  }
  return readPoolState(redis, pool);
}

function contextOf(pool: PoolConfig, ruleSet: RuleSet, deps: EvaluateDependencies): FoldContext {
  const { evicts, troubles } = deps.health();
  const [trouble] = evicts ? troubles : [];
  return {
    pool,
    policy: deps.policy,
    poll: deps.poll,
    ruleSet,
    judge: deps.judge,
    edition: { worker: deps.worker ?? 'worker', ...editionOf(pool, deps.policy, deps.poll) },
    brokerTroubles: troubles,
    ...(trouble !== undefined && { brokerTrouble: trouble }),
  };
}

/** An item that cannot be delivered holds up neither the others nor the evaluation. */
async function deliverOutbox(pool: string, { redis, deliver, onError }: EvaluateDependencies): Promise<void> {
  const delivered: string[] = [];
  for (const [id, item] of await readOutbox(redis, pool)) {
    try {
      if (item === undefined)
        onError(
          new WeirError('system', `Dropped from the outbox of ${pool}: ${id} is no outbox item that Weir knows.`),
          `outbox of ${pool}`,
        );
      else await deliver(item);
      delivered.push(id);
    } catch (error) {
      onError(error, `outbox of ${pool}`);
    }
  }
  await removeFromOutbox(redis, pool, delivered);
}
