/** One job from its arrival to its outcome: checks, rails, the action, the record of it. */

import type { Redis } from 'ioredis';
import type { ActionJob } from '../model/action.ts';
import type { PoolConfig } from '../model/config.ts';
import { formatDuration } from '../model/duration.ts';
import { compareEntryIds, type Outcome } from '../model/entry.ts';
import { messageOf } from '../model/error.ts';
import type { Done, Tools } from './actions/action.ts';
import { ACTIONS } from './actions/index.ts';
import { forgetRemoved } from './correct.ts';
import type { PoolRecord } from './lease-file.ts';
import { intendedWeight, liveLeases, patch } from './leases.ts';
import type { Lock } from './lock.ts';
import { type Moved, moveByRedis, moveByTable, type NotMoved } from './moving.ts';
import { holdOf, news, noteHold, type PoolContext, recordOf, rowOf, weightsOf } from './pool-context.ts';
import { endLeases, keepLeases, liveIds, refuseLater, takeLease, wouldRaise } from './taking.ts';

/** Decisions that are remembered so that none is acted on twice. */
const ACTED_KEPT = 50;

export interface PoolDesk extends PoolContext {
  readonly lock: Lock;
  /** A connection to a member, with a command time-out. */
  redis(member: string): Redis;
  /** Whether this node is MASTER now; undefined: nobody can tell. */
  isMaster(pool: PoolConfig): Promise<boolean | undefined>;
  /** Leases whose producers are being moved right now by this process. */
  readonly moving: Set<string>;
}

export async function runJob(desk: PoolDesk, job: ActionJob, signal: AbortSignal): Promise<Outcome> {
  let done: Done;
  try {
    await desk.ledger.ready();
  } catch (error) {
    return news(desk, job.decision, job.member, 'refused', messageOf(error));
  }
  try {
    const before = recordOf(desk).acted.find((one) => one.decision === job.decision);
    if (before?.outcome !== undefined) return before.outcome;
    done = await ACTIONS[job.action].run(job, desk.pool, createTools(desk, job, signal));
  } catch (error) {
    done = { result: 'failed', detail: messageOf(error), at: desk.now() };
  }
  const outcome: Outcome = { ...news(desk, job.decision, job.member, done.result, done.detail), ...done };
  if (isFenced(job)) await desk.ledger.note(desk.pool.name, (record) => withOutcome(record, outcome));
  return outcome;
}

/**
 * Ending leases by name can be done late, twice and in any order with the same result, and holding it back would keep a
 * member out of service: it passes no fence. Everything else is done once and in order.
 */
function isFenced(job: ActionJob): boolean {
  return job.action !== 'restore' || job.leaseIds === undefined;
}

/** Only what was begun is remembered: a refusal touched nothing, and its job may come again. */
function withOutcome(record: PoolRecord, outcome: Outcome): PoolRecord {
  if (!record.acted.some((one) => one.decision === outcome.decision)) return record;
  const acted = record.acted.map((one) => (one.decision === outcome.decision ? { ...one, outcome } : one));
  return { ...record, acted };
}

function withBegun(job: ActionJob): (record: PoolRecord) => PoolRecord {
  return (record) => {
    const { fence = job.entryId } = record;
    return {
      ...record,
      fence: compareEntryIds(job.entryId, fence) > 0 ? job.entryId : fence,
      acted: [...record.acted.filter((one) => one.decision !== job.decision), { decision: job.decision }].slice(
        -ACTED_KEPT,
      ),
    };
  };
}

function createTools(desk: PoolDesk, job: ActionJob, signal: AbortSignal): Tools {
  const { member, pool: poolName } = job;
  const { pool, ledger } = desk;

  /** Everything that can be said before the table is looked at. */
  function refusal(): Done | undefined {
    const now = desk.now();
    if (now > job.expiresAt) {
      return { result: 'expired', detail: `The job came ${formatDuration(now - job.expiresAt)} too late.`, at: now };
    }
    if (signal.aborted) return { result: 'failed', detail: 'Cut off before anything was touched.', at: now };
    if (!isFenced(job)) return undefined;
    const record = recordOf(desk);
    if (record.acted.some((one) => one.decision === job.decision)) return cutShort();
    const gone = record.ended[job.decision];
    if (gone !== undefined) return { result: 'refused', detail: `Its lease is over already: ${gone.detail}`, at: now };
    const verdict = desk.rails.fence({ entryId: job.entryId, highest: record.fence });
    return verdict.pass ? undefined : { result: 'refused', detail: `${verdict.rail}: ${verdict.sentence}`, at: now };
  }

  /** The job was begun by a process that died; it is not done again, and its lease says what became of it. */
  function cutShort(): Done {
    const held = liveIds(desk, member).includes(job.decision);
    const detail = held ? 'It was cut short, and its lease is held.' : 'It was cut short and is not done twice.';
    return { result: held ? 'applied' : 'failed', detail, at: desk.now() };
  }

  return {
    now: () => desk.now(),

    takeLease: ({ terms, moving, unfit }) =>
      desk.lock(async () => {
        const refused = refusal();
        if (refused !== undefined) return refused;
        if (moving) desk.moving.add(job.decision);
        const begun = withBegun(job);
        const { decision: id, action, unwritable: wasUnwritable } = job;
        const taking = { id, member, action, terms, moving, signal, wasUnwritable, unfit, begun };
        const done = await takeLease(desk, taking);
        if (done.result !== 'applied') desk.moving.delete(job.decision);
        return done;
      }),

    endLeases: () =>
      desk.lock(async () => {
        const refused = refusal();
        if (refused !== undefined) return refused;
        const ids = liveIds(desk, member, job.leaseIds);
        await refuseLater(desk, member, job.leaseIds ?? [], 'It was ended before it came here.');
        const by = job.unconditional === true ? 'A person asked for it' : 'Its reason is over';
        const seen = desk.readings.seen(member, desk.now());
        if (job.unconditional !== true && seen?.writable !== true && wouldRaise(desk, member, ids)) {
          return { result: 'kept', ...(await keepLeases(desk, member, ids, by)) };
        }
        // Giving weight back does not wait for a disk that refuses to write.
        if (isFenced(job)) await ledger.note(poolName, withBegun(job));
        const how = { result: 'ended', detail: `${by}.` } as const;
        const change = await endLeases(desk, { member, ids, how, quiet: job.leaseIds ?? [] });
        const what = ids.length === 0 ? `Weir holds no lease on ${member}` : `${by}`;
        return {
          result: job.leaseIds === undefined ? 'applied' : 'ended',
          detail: `${what}: ${weightsOf(member, change)}`,
          weightBefore: change.before.weight,
          weightAfter: change.after.weight,
          at: desk.now(),
        };
      }),

    begin: () =>
      desk.lock(async () => {
        const refused = refusal();
        if (refused !== undefined) return refused;
        const table = await desk.lvs.read(pool);
        const { weight } = rowOf(table, member);
        const writable = desk.readings.writable(desk.now());
        const verdict = desk.rails.preflight({ action: job.action, member, weight, table, writable });
        if (!verdict.pass) return { result: 'refused', detail: `${verdict.rail}: ${verdict.sentence}`, at: desk.now() };
        await ledger.write(poolName, withBegun(job));
        return undefined;
      }),

    moveProducers: async ({ drained }) => {
      try {
        const moved = await moveProducers(desk, { member, lease: drained ? job.decision : undefined, signal });
        return 'later' in moved ? { detail: moved.detail } : moved;
      } catch (error) {
        return { detail: `Its producers were not moved: ${messageOf(error)}` };
      }
    },
  };
}

/**
 * Moves producers off a member when this node is the one that they come through. Redis is asked without the pool's lock:
 * it takes seconds, and the release rule must not wait for it. With a lease it stops as soon as that is over, and the
 * lease is marked as done. While it is not known who is MASTER the mark stays, and the next poll tries again.
 */
export async function moveProducers(
  desk: PoolDesk,
  input: { member: string; lease: string | undefined; signal: AbortSignal },
): Promise<Moved | NotMoved> {
  const { member, lease, signal } = input;
  const { pool } = desk;
  let isOver = true;
  try {
    if (lease !== undefined) desk.moving.add(lease);
    const master = await desk.isMaster(pool);
    if (master === undefined) {
      isOver = lease === undefined;
      const detail = 'Nobody was moved: it is not known whether this node is MASTER.';
      return isOver ? { detail } : { detail: `${detail} As soon as it is they are.`, later: true };
    }
    if (!master) return { detail: 'This node is not MASTER: no producer comes through it.' };

    const isAnswering = desk.readings.seen(member, desk.now())?.answering;
    if (isAnswering !== false) {
      const redis = desk.redis(member);
      const moved = await moveByRedis({ pool, member, redis, signal, wanted, repeat: lease !== undefined });
      if (moved !== undefined) return moved;
      // Of its own member only Redis can send producers off: the next poll knows whether it is silent or was slow.
      if (isAnswering === true && member === desk.node && lease !== undefined) {
        isOver = false;
        return {
          detail: `The Redis of ${member} was too slow to send its producers off; it is asked again.`,
          later: true,
        };
      }
    }
    if (lease === undefined) return { detail: `The Redis of ${member} does not answer: nobody was moved.` };
    return await desk.lock(() => moveSilent(desk, member, signal, wanted));
  } finally {
    if (lease !== undefined) {
      if (isOver) {
        await desk.lock(async () => {
          const hold = holdOf(desk, member);
          await noteHold(desk, member, hold && patch(hold, lease, { moving: false }));
        });
      }
      desk.moving.delete(lease);
    }
  }

  /** The weight must be 0 for as long as producers are moved, or they come back. */
  function wanted(): boolean {
    const hold = holdOf(desk, member);
    if (lease === undefined) return true;
    if (hold === undefined || hold.contested) return false;
    return intendedWeight(hold) === 0 && liveLeases(hold).some((one) => one.id === lease);
  }
}

async function moveSilent(desk: PoolDesk, member: string, signal: AbortSignal, wanted: () => boolean) {
  const { pool, ledger } = desk;
  const row = rowOf(await desk.lvs.read(pool), member);
  const stuck = row.activeConnections;
  // Its own TCP stack has these connections: the kernel here delivers to them whatever the table says.
  if (member === desk.node) {
    const detail = `${member} does not answer and is this node's own: its ${stuck} producers stay stuck until the VIP fails over.`;
    return { detail, moved: 0, stuck };
  }
  if (!wanted() || signal.aborted || !row.listed || row.weight !== 0) {
    return { detail: 'Its producers were not moved: the drain was taken back or cut off.', moved: 0, stuck };
  }
  try {
    return await moveByTable({
      pool,
      member,
      lvs: desk.lvs,
      signal,
      remember: (thresholds) =>
        ledger.write(pool.name, (record) => ({ ...record, removed: { ...record.removed, [member]: thresholds } })),
      forget: () => forgetRemoved(desk, member),
    });
  } catch (error) {
    return { detail: `Its producers were not moved: ${messageOf(error)}`, moved: 0, stuck };
  }
}
