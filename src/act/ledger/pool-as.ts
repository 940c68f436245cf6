/**
 * Names of weir.yaml change while this node holds something. The lease file says with each pool how weir.yaml had it, so
 * that what was only renamed is found by its address, and the row of what is gone can still be looked at. Pure.
 */

import type { MemberConfig, PoolConfig } from '../../model/configuration/config.ts';
import { compareEntryIds } from '../../model/ids.ts';
import type { LeaseFile, PoolAs, PoolRecord } from './pool-record.ts';

/** The members of a record on which Weir holds something, or which it has taken out of the table. */
export function heldNames({ holds, removed }: Pick<PoolRecord, 'holds' | 'removed'>): string[] {
  return [...new Set([...Object.keys(holds), ...Object.keys(removed)])];
}

/** What the record is to say of its pool. A member that is gone keeps the place that it had while something is held on it. */
export function poolAs(pool: PoolConfig, record: PoolRecord): PoolAs {
  const members = record.as?.members ?? {};
  const gone = heldNames(record).filter((name) => pool.members[name] === undefined);
  const places = Object.values(pool.members).map(({ name, address, weight, priority }) => [
    name,
    { address, weight, priority },
  ]);
  return {
    vip: pool.vip,
    lvs: pool.lvs,
    virtualRouterId: pool.vrrp.virtualRouterId,
    members: {
      ...Object.fromEntries(gone.flatMap((name) => (members[name] === undefined ? [] : [[name, members[name]]]))),
      ...Object.fromEntries(places),
    },
  };
}

/**
 * A pool with only these members, as it was. Serves to look at what is gone. `like` is the pool of that name in weir.yaml. A
 * member whose place nobody wrote down is left out.
 */
export function goneConfig(
  name: string,
  record: PoolRecord,
  members: readonly string[],
  like?: PoolConfig,
): PoolConfig {
  const { as } = record;
  const placed = members.flatMap((member): [string, MemberConfig][] => {
    const place = as?.members[member];
    return place === undefined ? [] : [[member, { name: member, ...place }]];
  });
  const vip = as?.vip ?? like?.vip ?? { address: '', port: 0 };
  return {
    name,
    vip,
    lvs: as?.lvs ?? { scheduler: 'wrr', forwarding: 'direct-routing', loopGuard: 'backup-only' },
    vrrp: {
      interface: '',
      version: 3,
      advertIntervalMs: 1_000,
      preempt: false,
      virtualRouterId: as?.virtualRouterId ?? 0,
    },
    redis: like?.redis ?? { probe: 'read' },
    queues: [],
    minServing: 1,
    consumers: {},
    members: Object.fromEntries(placed),
  };
}

/**
 * The records under the names that weir.yaml has now: a pool whose VIP has another name, and a member whose address has
 * another name, are the same ones, and what is held of them goes on. What has no address in weir.yaml stays as it is.
 */
export function followNames(record: LeaseFile, pools: Readonly<Record<string, PoolConfig>>): LeaseFile {
  const moved: Record<string, PoolRecord> = { ...record };
  for (const [name, old] of Object.entries(record)) {
    const now = pools[name] === undefined ? poolAt(pools, old.as) : undefined;
    const there = now && moved[now.name];
    if (now === undefined || (there !== undefined && isLive(there))) continue;
    delete moved[name];
    moved[now.name] = there === undefined ? old : joined(there, old);
  }
  const members = Object.entries(moved).map(([name, one]): [string, PoolRecord] => {
    const pool = pools[name];
    return [name, pool === undefined ? one : followMembers(one, pool)];
  });
  return Object.fromEntries(members);
}

function poolAt(pools: Readonly<Record<string, PoolConfig>>, as: PoolAs | undefined): PoolConfig | undefined {
  return Object.values(pools).find(({ vip }) => vip.address === as?.vip.address && vip.port === as.vip.port);
}

/** Whether it holds something that must come to an end. */
function isLive(record: PoolRecord): boolean {
  return heldNames(record).length > 0 || record.handover !== undefined;
}

/** Merges two records: what was over under either name stays over, and no decision is acted on twice. */
function joined(there: PoolRecord, old: PoolRecord): PoolRecord {
  const fences = [there.fence, old.fence].filter((fence) => fence !== undefined).sort(compareEntryIds);
  const fence = fences.at(-1);
  return {
    ...old,
    ended: { ...there.ended, ...old.ended },
    acted: [...old.acted, ...there.acted],
    ...(fence !== undefined && { fence }),
  };
}

function followMembers(record: PoolRecord, pool: PoolConfig): PoolRecord {
  let next = record;
  for (const name of heldNames(record)) {
    const address = record.as?.members[name]?.address;
    if (pool.members[name] !== undefined || address === undefined) continue;
    const now = Object.values(pool.members).find((member) => member.address === address)?.name;
    if (now === undefined || heldNames(next).includes(now)) continue;
    next = { ...next, holds: renamed(next.holds, name, now), removed: renamed(next.removed, name, now) };
  }
  return next;
}

function renamed<T>(all: Readonly<Record<string, T>>, from: string, to: string): Readonly<Record<string, T>> {
  const { [from]: one, ...others } = all;
  return one === undefined ? all : { ...others, [to]: one };
}
