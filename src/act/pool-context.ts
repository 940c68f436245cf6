/** What every operation on one pool of this node works with, and the few steps that all of them are made of. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionKind } from '../model/action.ts';
import type { PoolConfig, RaiseConfig } from '../model/config.ts';
import type { RailVerdict } from '../model/decision.ts';
import type { EntryId, Outcome } from '../model/entry.ts';
import { WeirError } from '../model/error.ts';
import type { Handover } from '../model/handover.ts';
import type { Signals, Table, TableRow } from '../model/reading.ts';
import type { NodeAudit } from './audit.ts';
import { placeOf } from './ipvsadm.ts';
import type { PoolRecord } from './lease-file.ts';
import { drop, type Hold, intendedWeight, isRaise, liveLeases } from './leases.ts';
import type { Ledger } from './ledger.ts';
import type { Lvs } from './lvs.ts';
import type { SetOwnWeight } from './own-weight.ts';
import type { Readings } from './readings.ts';

/** The rails at the hand (src/rails/hold-file.ts, fence.ts, preflight.ts, preflight-vip.ts), handed in. */
export interface HandRails {
  holdFile(facts: { readonly hold: string | undefined; readonly force: boolean }): RailVerdict;
  fence(facts: { readonly entryId: EntryId; readonly highest?: EntryId | undefined }): RailVerdict;
  preflight(facts: {
    readonly action: ActionKind;
    readonly member: string;
    readonly weight: number;
    readonly table: Table;
    readonly writable: ReadonlySet<string>;
    readonly wasUnwritable?: boolean | undefined;
  }): RailVerdict;
  preflightVip(facts: {
    readonly director: Signals | undefined;
    readonly handover?: Handover | undefined;
    readonly writable: ReadonlySet<string>;
  }): RailVerdict;
}

export interface PoolContext {
  readonly node: string;
  readonly pool: PoolConfig;
  readonly lvs: Lvs;
  readonly ledger: Ledger;
  readonly audit: NodeAudit;
  readonly rails: HandRails;
  readonly setOwnWeight: SetOwnWeight;
  readonly readings: Readings;
  readonly raise: RaiseConfig;
  /** Broker time in ms. */
  now(): number;
  /** Puts an outcome on its way; never waits, never throws. */
  say(outcome: Outcome): void;
}

/** keepalived follows its track file in 0.05 s; where it does not, ipvsadm does it. */
const FOLLOWED_WITHIN_MS = 500;
const FOLLOWED_LOOK_MS = 20;

/** Ended leases are remembered as long as the pool remembers them, in ms. */
const ENDED_KEPT_MS = 86_400_000;

export function recordOf(context: PoolContext): PoolRecord {
  return context.ledger.pool(context.pool.name);
}

export function holdOf(context: PoolContext, member: string): Hold | undefined {
  return recordOf(context).holds[member];
}

/** The record with the member's hold replaced, or without it. */
export function withHold(record: PoolRecord, member: string, hold: Hold | undefined): PoolRecord {
  if (hold === record.holds[member]) return record;
  const { [member]: _, ...others } = record.holds;
  return { ...record, holds: hold === undefined ? others : { ...others, [member]: hold } };
}

export function noteHold(context: PoolContext, member: string, hold: Hold | undefined): Promise<void> {
  return context.ledger.note(context.pool.name, (record) => withHold(record, member, hold));
}

const ABSENT: TableRow = { listed: false, weight: 0, activeConnections: 0, inactiveConnections: 0 };

export function rowOf(table: Table, member: string): TableRow {
  return table[member] ?? ABSENT;
}

export function rememberEnded(record: PoolRecord, ended: PoolRecord['ended'], now: number): PoolRecord {
  const recent = Object.entries(record.ended).filter(([, one]) => now - one.at < ENDED_KEPT_MS);
  return { ...record, ended: { ...Object.fromEntries(recent), ...ended } };
}

export interface Change {
  readonly before: TableRow;
  readonly after: TableRow;
}

/**
 * The one operation that changes a weight: sets keepalived's own and the table to the member's intended weight and reads
 * the table back. What that shows counts, not the exit code. A member that is not listed is left alone: keepalived lists
 * it. Throws a WeirError when the table could not be read or shows something else, and what `mayStill` throws.
 */
export async function setIntended(
  context: PoolContext,
  member: string,
  hold: Hold,
  mayStill: () => void = () => {},
): Promise<Change> {
  const { lvs, pool } = context;
  const before = rowOf(await lvs.read(pool), member);
  const weight = intendedWeight(hold);
  mayStill();
  const isFollowed = await ownWeight(context, member, weight);
  if (!before.listed || before.weight === weight) return { before, after: before };
  if (isFollowed && (await untilShown(context, member, weight))) {
    return { before, after: rowOf(await lvs.read(pool), member) };
  }
  let failure: unknown;
  try {
    await lvs.setWeight(placeOf(pool, member), weight, mayStill);
  } catch (error) {
    failure = error;
  }
  const after = rowOf(await lvs.read(pool), member);
  if (after.listed && after.weight === weight) return { before, after };
  if (failure !== undefined) throw failure;
  const shown = after.listed ? `weight ${after.weight}` : 'no such member';
  throw new WeirError('unverified', `${member} was set to weight ${weight}, and the table then showed ${shown}.`);
}

/** Where the file cannot be written ipvsadm does it, and a member that is added again is corrected then. */
async function ownWeight({ pool, setOwnWeight }: PoolContext, member: string, weight: number): Promise<boolean> {
  return setOwnWeight(pool, member, weight).catch(() => false);
}

/** Somebody else's weight stays, or a lease has come to nothing: keepalived's own is to be what the table shows. */
export async function keepShown(context: PoolContext, member: string, row: TableRow): Promise<void> {
  if (row.listed) await ownWeight(context, member, row.weight);
}

async function untilShown({ lvs, pool }: PoolContext, member: string, weight: number): Promise<boolean> {
  const giveUpAt = performance.now() + FOLLOWED_WITHIN_MS;
  do {
    await sleep(FOLLOWED_LOOK_MS);
    if (rowOf(await lvs.read(pool), member).weight === weight) return true;
  } while (performance.now() < giveUpAt);
  return false;
}

/** Forgets the leases on a member that are over, once their weight is out of the table, and tells people of each. */
export async function settleEnded(context: PoolContext, member: string, change: Change, quiet: readonly string[] = []) {
  const over = holdOf(context, member)?.leases.filter((lease) => lease.phase === 'ending') ?? [];
  if (over.length === 0) return;
  const now = context.now();
  const ended = Object.fromEntries(
    over.flatMap((lease) =>
      lease.end === undefined || isRaise(lease) ? [] : [[lease.id, { ...lease.end, member, at: now }]],
    ),
  );
  await context.ledger.note(context.pool.name, (record) => {
    const hold = record.holds[member];
    const ids = over.map((lease) => lease.id);
    return withHold(rememberEnded(record, ended, now), member, hold && drop(hold, ids));
  });
  for (const lease of over) {
    if (lease.end === undefined || isRaise(lease) || quiet.includes(lease.id)) continue;
    const weights = weightsOf(member, change, holdOf(context, member));
    context.say(news(context, lease.id, member, lease.end.result, `${lease.end.detail} ${weights}`, change));
  }
}

/** "b went from weight 0 to 100."; with a hold that is given back in steps, which step this is. */
export function weightsOf(member: string, { before, after }: Change, hold?: Hold): string {
  const steps = hold !== undefined && liveLeases(hold).some(isRaise) ? ` It rises to ${hold.base} in steps.` : '';
  if (!after.listed)
    return `${member} is not in this node's table now; keepalived gives it its weight when it lists it.`;
  if (before.weight === after.weight) return `${member} has weight ${after.weight}.${steps}`;
  return `${member} went from weight ${before.weight} to ${after.weight}.${steps}`;
}

export function news(
  context: PoolContext,
  decision: string,
  member: string,
  result: Outcome['result'],
  detail: string,
  change?: Change,
): Outcome {
  return {
    kind: 'outcome',
    pool: context.pool.name,
    decision,
    node: context.node,
    member,
    at: context.now(),
    result,
    detail,
    ...(change && { weightBefore: change.before.weight, weightAfter: change.after.weight }),
  };
}
