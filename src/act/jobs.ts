/** One job from its arrival to its outcome: checks, rails, the action, the record of it. */

import type { ActionJob } from '../model/action.ts';
import { formatDuration } from '../model/duration.ts';
import { compareEntryIds, type Outcome } from '../model/entry.ts';
import { messageOf } from '../model/error.ts';
import type { Done, Tools } from './actions/action.ts';
import { ACTIONS } from './actions/index.ts';
import { recordOf as auditOf, beginOf } from './begun.ts';
import { endHandover, handOver } from './handover.ts';
import type { PoolRecord } from './lease-file.ts';
import { holdOf, news, recordOf, rowOf, weightsOf } from './pool-context.ts';
import { moveProducers, type PoolDesk } from './producers.ts';
import { type CutOff, endLeases, keepLeases, liveIds, refuseLater, takeLease, wouldRaise } from './taking.ts';

/** Decisions that are remembered so that none is acted on twice. */
const ACTED_KEPT = 50;

export async function runJob(desk: PoolDesk, job: ActionJob, signal: AbortSignal): Promise<Outcome> {
  let done: Done;
  const progress = { begun: false };
  remember(desk.arrived, job.decision);
  try {
    await desk.ledger.ready();
  } catch (error) {
    return news(desk, job.decision, job.member, 'refused', messageOf(error));
  }
  try {
    const before = recordOf(desk).acted.find((one) => one.decision === job.decision);
    if (before?.outcome !== undefined) return before.outcome;
    const held = job.action === 'restore' ? undefined : await forbidden(desk, job);
    done = held ?? (await ACTIONS[job.action].run(job, desk.pool, createTools(desk, job, signal, progress)));
  } catch (error) {
    done = { result: 'failed', detail: messageOf(error), at: desk.now() };
  }
  const outcome: Outcome = { ...news(desk, job.decision, job.member, done.result, done.detail), ...done };
  if (isFenced(job)) await desk.ledger.note(desk.pool.name, (record) => withOutcome(record, outcome));
  await desk.audit.note(desk.now(), auditOf(outcome, progress.begun ? 'end' : 'refused'));
  return outcome;
}

/** The newest of them: what is older is over. */
function remember(decisions: Set<string>, decision: string): void {
  decisions.add(decision);
  for (const oldest of decisions) {
    if (decisions.size <= ACTED_KEPT) return;
    decisions.delete(oldest);
  }
}

async function forbidden(desk: PoolDesk, { force = false }: ActionJob): Promise<Done | undefined> {
  const verdict = desk.rails.holdFile({ hold: await desk.hold(), force });
  return verdict.pass
    ? undefined
    : { result: 'refused', detail: `${verdict.rail}: ${verdict.sentence}`, at: desk.now() };
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

function createTools(desk: PoolDesk, job: ActionJob, signal: AbortSignal, progress: { begun: boolean }): Tools {
  const { member, pool: poolName } = job;
  const { pool, ledger } = desk;

  /** Into the audit that it begins; throws when that cannot be written. What goes into the lease file with it comes back. */
  async function begin(): Promise<(record: PoolRecord) => PoolRecord> {
    await desk.audit.write(desk.now(), beginOf(job));
    progress.begun = true;
    return withBegun(job);
  }

  /** The clock is asked and not a timer: of a process that was stopped the timers are late too. */
  function cutOff(): CutOff | undefined {
    const lateMs = desk.now() - job.expiresAt;
    if (lateMs > 0) return { result: 'expired', detail: `The job came ${formatDuration(lateMs)} too late.` };
    return signal.aborted ? { result: 'failed', detail: 'Cut off before anything was touched.' } : undefined;
  }

  /** Everything that can be said before the table is looked at. */
  function refusal(): Done | undefined {
    const now = desk.now();
    const cut = cutOff();
    if (cut !== undefined) return { ...cut, at: now };
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
        const { decision: id, action, unwritable: wasUnwritable } = job;
        const taking = { id, member, action, terms, moving, cutOff, wasUnwritable, unfit, begin };
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
        await desk.audit.note(desk.now(), beginOf(job));
        progress.begun = true;
        if (isFenced(job)) await ledger.note(poolName, withBegun(job));
        const vip =
          member === desk.node && (await endHandover(desk, job.leaseIds)) ? ' The VIP may come here again.' : '';
        const how = { result: 'ended', detail: `${by}.` } as const;
        const atOnce = job.unconditional === true;
        const change = await endLeases(desk, {
          member,
          ids,
          how,
          quiet: job.leaseIds ?? [],
          ...(atOnce && { atOnce }),
        });
        const what = ids.length === 0 ? `Weir holds no lease on ${member}` : `${by}`;
        return {
          result: job.leaseIds === undefined ? 'applied' : 'ended',
          detail: `${what}: ${weightsOf(member, change, holdOf(desk, member))}${vip}`,
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
        await ledger.write(poolName, await begin());
        return undefined;
      }),

    handOver: (terms) => handOver(desk, { id: job.decision, terms, signal, refusal, begin }),

    removeOrphan: () =>
      desk.lock(async () => {
        const refused = refusal();
        if (refused !== undefined) return refused;
        const director = desk.readings.director(desk.now());
        const verdict = desk.rails.preflightVip({ director, writable: desk.readings.writable(desk.now()) });
        if (!verdict.pass) return { result: 'refused', detail: `${verdict.rail}: ${verdict.sentence}`, at: desk.now() };
        await ledger.write(poolName, await begin());
        await desk.removeOrphan();
        return {
          result: 'applied',
          detail: `${pool.vip.address} was taken off the interface, and this node directs no more.`,
          at: desk.now(),
        };
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
