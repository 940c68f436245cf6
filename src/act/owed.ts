/** What the pool's list of leases says this director should hold, held against what it does. Runs under the pool's lock. */

import type { OwedLease } from '../model/action.ts';
import { messageOf } from '../model/error.ts';
import type { Done } from './actions/action.ts';
import { liveLeases, renew } from './leases.ts';
import { holdOf, news, noteHold, type PoolContext, recordOf } from './pool-context.ts';
import type { PoolDesk } from './producers.ts';
import { endLeases, keepLeases, takeLease, wouldRaise } from './taking.ts';

/** An end that the pool has not heard of is told again after this long, in ms. */
const TELL_END_AGAIN_MS = 30_000;

const CLOSING = { result: 'failed', detail: 'Cut off before anything was touched.' } as const;

export interface Debtor extends PoolDesk {
  /** What people were told in vain or need not hear twice: lease id to broker ms. In memory. */
  readonly told: Map<string, number>;
}

export async function settleDebt(debtor: Debtor, owed: OwedLease, signal: AbortSignal): Promise<void> {
  const { member, id } = owed;
  const now = debtor.now();
  if (debtor.pool.members[member] === undefined) return;
  const hold = holdOf(debtor, member);
  // One whose end ipvsadm refused is still in the file: the next poll ends it, it must not live a second time.
  if (hold?.leases.some((lease) => lease.id === id && lease.phase === 'ending')) return;
  const mine = liveLeases(hold).find((lease) => lease.id === id);

  if (owed.endedAt !== undefined) {
    if (mine !== undefined) await endOwed(debtor, member, id, mine.keptAt !== undefined);
  } else if (hold !== undefined && mine !== undefined) {
    if (mine.until !== owed.until) await noteHold(debtor, member, renew(hold, id, owed.until, now));
  } else if (recordOf(debtor).ended[id] !== undefined) {
    tellEndAgain(debtor, id);
  } else if (owed.until > now && stands(debtor, owed)) {
    await takeUp(debtor, owed, signal);
  }
}

/** While its decision is open a debt is no second try of a job: neither where that came nor after its time. */
function stands({ arrived, now }: Debtor, { id, jobExpiresAt }: OwedLease): boolean {
  return jobExpiresAt === undefined || (now() <= jobExpiresAt && !arrived.has(id));
}

/** The pool has ended it while this node was away. As with any end that no person asked for, it looks first. */
async function endOwed(context: PoolContext, member: string, id: string, wasTold: boolean): Promise<void> {
  const why = 'The pool has ended it while this node was away';
  const writable = context.readings.seen(member, context.now())?.writable === true;
  if (writable || !wouldRaise(context, member, [id])) {
    await endLeases(context, { member, ids: [id], how: { result: 'ended', detail: `${why}.` } });
    return;
  }
  const { detail } = await keepLeases(context, member, [id], why);
  if (!wasTold) context.say(news(context, id, member, 'kept', detail));
}

/** The pool still wants what this node has ended: its word was lost on the way. */
function tellEndAgain(debtor: Debtor, id: string): void {
  const { told } = debtor;
  const over = recordOf(debtor).ended[id];
  const now = debtor.now();
  if (over === undefined || now - Math.max(over.at, told.get(id) ?? 0) < TELL_END_AGAIN_MS) return;
  told.set(id, now);
  debtor.say(news(debtor, id, over.member, over.result, over.detail));
}

async function takeUp(debtor: Debtor, owed: OwedLease, signal: AbortSignal): Promise<void> {
  const { id, member } = owed;
  const { told } = debtor;
  const held = debtor.rails.holdFile({ hold: await debtor.hold(), force: false });
  const taken = held.pass
    ? await take(debtor, owed, signal).catch((error: unknown) => no(debtor, 'failed', messageOf(error)))
    : no(debtor, 'refused', `${held.rail}: ${held.sentence}`);
  // A refusal stands until the table changes; it is tried again silently.
  if (taken.result !== 'applied' && told.has(id)) return;
  told.set(id, debtor.now());
  const detail = `Owed to this director: ${taken.detail}`;
  debtor.say({ ...news(debtor, id, member, taken.result, detail), ...taken, detail });
}

function no(context: PoolContext, result: 'failed' | 'refused', detail: string): Done {
  return { result, detail, at: context.now() };
}

function take(context: PoolContext, owed: OwedLease, signal: AbortSignal): Promise<Done> {
  const { id, member, weight, until, owner, reason } = owed;
  const begins = { decision: id, member, weight, by: `${owner} (owed to this director)` };
  return takeLease(context, {
    id,
    member,
    action: 'drain',
    terms: { weight, until, owner, reason },
    moving: false,
    cutOff: () => (signal.aborted ? CLOSING : undefined),
    async begin() {
      await context.audit.write(context.now(), { ...begins, kind: 'begin', action: 'drain' });
      return (record) => record;
    },
  });
}
