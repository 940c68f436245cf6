/** What the pool's list of leases says this director should hold, held against what it does. Runs under the pool's lock. */

import type { DesiredLease } from '../../model/decisions/action.ts';
import { messageOf } from '../../model/error.ts';
import { unfitWeight } from '../actions/set-weight.ts';
import { type Claim, refusal } from '../admission.ts';
import type { Done } from '../done.ts';
import { cutOffNow } from '../in-time.ts';
import type { NodePool } from '../node-pool.ts';
import { withTaking } from '../takings.ts';
import { endLeases, keepLeases, wouldRaise } from './end-leases.ts';
import { leaseSetOf, noteLeaseSet, recordOf } from './lease-sets.ts';
import { liveLeases, renew } from './leases.ts';
import { outcomeOf } from './settle-ended.ts';
import { takeLease } from './take-lease.ts';

/** An end that the pool has not heard of is told again after this long, in ms. */
const TELL_END_AGAIN_MS = 30_000;

export async function reconcileLease(nodePool: NodePool, desired: DesiredLease, signal: AbortSignal): Promise<void> {
  const { member, id } = desired;
  const now = nodePool.now();
  if (nodePool.pool.members[member] === undefined) return;
  const leaseSet = leaseSetOf(nodePool, member);
  // One whose end ipvsadm refused is still in the file: the next poll ends it, it must not live a second time.
  if (leaseSet?.leases.some((lease) => lease.id === id && lease.phase === 'ending')) return;
  const mine = liveLeases(leaseSet).find((lease) => lease.id === id);

  if (desired.endedAt !== undefined) {
    if (mine !== undefined) await endAsDesired(nodePool, member, id, mine.keptAt !== undefined);
  } else if (leaseSet !== undefined && mine !== undefined) {
    if (mine.until !== desired.until) await noteLeaseSet(nodePool, member, renew(leaseSet, id, desired.until, now));
  } else if (recordOf(nodePool).ended[id] !== undefined) {
    tellEndAgain(nodePool, id);
  } else if (desired.until > now && stands(nodePool, desired)) {
    await takeUp(nodePool, desired, signal);
  }
}

/** While the decision is open a desired lease is no second try of its job: not where the job came, nor after its time. */
function stands({ arrived, now }: NodePool, { id, jobExpiresAt }: DesiredLease): boolean {
  return jobExpiresAt === undefined || (now() <= jobExpiresAt && !arrived.has(id));
}

/** The pool has ended it while this node was away. As with any end that no person asked for, it looks first. */
async function endAsDesired(nodePool: NodePool, member: string, id: string, wasTold: boolean): Promise<void> {
  const why = 'The pool has ended it while this node was away';
  const writable = nodePool.readings.seen(member, nodePool.now())?.writable === true;
  if (writable || !wouldRaise(nodePool, member, [id])) {
    await endLeases(nodePool, { member, ids: [id], how: { result: 'ended', detail: `${why}.` } });
    return;
  }
  const { detail } = await keepLeases(nodePool, member, [id], why);
  if (!wasTold) nodePool.say(outcomeOf(nodePool, id, member, 'kept', detail));
}

/** The pool still wants what this node has ended: its word was lost on the way. */
function tellEndAgain(nodePool: NodePool, id: string): void {
  const { told } = nodePool;
  const over = recordOf(nodePool).ended[id];
  const now = nodePool.now();
  if (over === undefined || now - Math.max(over.at, told.get(id) ?? 0) < TELL_END_AGAIN_MS) return;
  told.set(id, now);
  nodePool.say(outcomeOf(nodePool, id, over.member, over.result, over.detail));
}

async function takeUp(nodePool: NodePool, desired: DesiredLease, signal: AbortSignal): Promise<void> {
  const { id, member } = desired;
  const { told } = nodePool;
  const taken = await take(nodePool, desired, signal).catch(
    (error: unknown): Done => ({ result: 'failed', detail: messageOf(error), at: nodePool.now() }),
  );
  // A refusal stands until the table changes; it is tried again silently.
  if (taken.result !== 'applied' && told.has(id)) return;
  told.set(id, nodePool.now());
  const detail = `Owed to this director: ${taken.detail}`;
  nodePool.say({ ...outcomeOf(nodePool, id, member, taken.result, detail), ...taken, detail });
}

/** As its job would be taken, but for two things: no person's force is behind it, and what was begun once may be taken again. */
async function take(nodePool: NodePool, desired: DesiredLease, signal: AbortSignal): Promise<Done> {
  const { id, member, weight, until, owner, reason, entryId } = desired;
  const claim: Claim = { bringer: 'debt', id, entryId, expiresAt: desired.jobExpiresAt ?? until, force: false };
  const refused = await refusal(nodePool, claim, signal);
  if (refused !== undefined) return refused;
  const begins = { decision: id, member, weight, by: `${owner} (owed to this director)` };
  const action = weight === 0 ? 'drain' : 'set_weight';
  return takeLease(nodePool, {
    id,
    member,
    action,
    terms: { weight, until, owner, reason, ...(desired.unwritable === true && { unwritable: true }) },
    moving: false,
    cutOff: () => cutOffNow(nodePool, claim, signal),
    wasUnwritable: desired.unwritable,
    unfit: (base) => unfitWeight(weight, base, member, nodePool.pool),
    async begin() {
      await nodePool.audit.write(nodePool.now(), { ...begins, kind: 'begin', action });
      return (record) => withTaking(nodePool, record);
    },
  });
}
