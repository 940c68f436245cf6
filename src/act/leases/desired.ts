/** Compares what this director holds with what the pool's list of desired leases says. Runs under the pool's lock. */

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

/** After how long the node reports an end again that the pool seems not to have heard of, in ms. */
const TELL_END_AGAIN_MS = 30_000;

export async function reconcileLease(nodePool: NodePool, desired: DesiredLease, signal: AbortSignal): Promise<void> {
  const { member, id } = desired;
  const now = nodePool.now();
  if (nodePool.pool.members[member] === undefined) return;
  const leaseSet = leaseSetOf(nodePool, member);
  // A lease whose end ipvsadm refused is still in the file. The next poll ends it; it must not be renewed.
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

/** Whether the desired lease may be taken. While the decision is open it must not repeat its job: not where the job came, nor after the job's time. */
function stands({ arrived, now }: NodePool, { id, jobExpiresAt }: DesiredLease): boolean {
  return jobExpiresAt === undefined || (now() <= jobExpiresAt && !arrived.has(id));
}

/** Ends a lease that the pool ended while this node was away. No person asked for that, so the node looks at the member first. */
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

/** Reports an end again: the pool still wants the lease, so the first report was lost on the way. */
function tellEndAgain(nodePool: NodePool, id: string): void {
  const { reportedAt } = nodePool;
  const over = recordOf(nodePool).ended[id];
  const now = nodePool.now();
  if (over === undefined || now - Math.max(over.at, reportedAt.get(id) ?? 0) < TELL_END_AGAIN_MS) return;
  reportedAt.set(id, now);
  nodePool.say(outcomeOf(nodePool, id, over.member, over.result, over.detail));
}

async function takeUp(nodePool: NodePool, desired: DesiredLease, signal: AbortSignal): Promise<void> {
  const { id, member } = desired;
  const { reportedAt } = nodePool;
  const taken = await take(nodePool, desired, signal).catch(
    (error: unknown): Done => ({ result: 'failed', detail: messageOf(error), at: nodePool.now() }),
  );
  // A refusal lasts until the table changes: later tries say nothing.
  if (taken.result !== 'applied' && reportedAt.has(id)) return;
  reportedAt.set(id, nodePool.now());
  const detail = `As the pool still wants it here: ${taken.detail}`;
  nodePool.say({ ...outcomeOf(nodePool, id, member, taken.result, detail), ...taken, detail });
}

/** Takes it as its job would, with two differences: no person's force is behind it, and what was begun once may be taken again. */
async function take(nodePool: NodePool, desired: DesiredLease, signal: AbortSignal): Promise<Done> {
  const { id, member, weight, until, owner, reason, entryId } = desired;
  const claim: Claim = {
    bringer: 'desired lease',
    id,
    entryId,
    expiresAt: desired.jobExpiresAt ?? until,
    force: false,
  };
  const refused = await refusal(nodePool, claim, signal);
  if (refused !== undefined) return refused;
  const begins = { decision: id, member, weight, by: `${owner} (still wanted by the pool)` };
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
