/** Checks that the node is as it was built, by keepalived's dump, the LVS table and the kernel. No exit code counts. */

import type { PoolConfig } from '../../model/configuration/config.ts';
import { fwmarkOf } from '../../model/configuration/fwmark.ts';
import type { VrrpInstance } from '../../model/readings/vrrp-instance.ts';
import type { LiveService } from '../init/live-service.ts';
import type { Built } from '../render/files.ts';
import type { Group } from '../render/groups.ts';
import { withHostMask } from '../render/keepalived-conf.ts';
import { sysctls, vipsOf } from '../render/system.ts';
import { addressesOnLo, missingMarks, readSysctl } from './kernel.ts';
import { BACKUP, MASTER, type Machine } from './machine.ts';

export interface Seen {
  /** A sentence for each thing that is not as it was built. */
  readonly wrong: readonly string[];
  /** The same for things that are not the configuration's fault. */
  readonly notes: readonly string[];
}

/** Checks everything but which configuration keepalived has read. */
export async function look({ groups }: Built, machine: Machine): Promise<Seen> {
  const guard = groups[0]?.pools[0]?.lvs.loopGuard;
  const instances = await machine.instances();
  const state =
    typeof instances === 'string' ? undefined : instances.find(({ name }) => name === groups[0]?.name)?.state;
  const pools = guard === 'notify-swap' && state !== MASTER ? [] : groups.flatMap((group) => group.pools);
  const tables = pools.length === 0 ? [] : compareTable(pools, await machine.services());
  const wrong = [
    ...(typeof instances === 'string' ? [instances] : groups.flatMap((group) => compareInstance(group, instances))),
    ...tables.flatMap((table) => table.wrong),
    ...(typeof instances === 'string' ? [] : await lostDaemon(groups, instances, machine)),
    ...(await compareKernel(groups, machine)),
    ...(await missingMarks(groups, machine)).map(
      (device) => `Marks are missing on ${device} (tc filter show dev ${device} ingress).`,
    ),
  ];
  return { wrong, notes: tables.flatMap((table) => table.notes) };
}

/** Pure. */
export function compareInstance(group: Group, instances: readonly VrrpInstance[]): string[] {
  const live = instances.find(({ name }) => name === group.name);
  if (live === undefined) return [`keepalived has no vrrp_instance ${group.name}.`];
  const { vrrp } = group.pools[0] as PoolConfig;
  const facts: readonly (readonly [name: string, is: unknown, built: unknown])[] = [
    ['interface', live.interface, group.interface],
    ['virtual_router_id', live.routerId, group.routerId],
    ['priority', live.basePriority, group.self.priority],
    ['version', live.version, vrrp.version],
    ['advert_int', live.advertSeconds, vrrp.advertIntervalMs / 1_000],
    ['nopreempt', live.nopreempt, !vrrp.preempt],
    ['VIPs', live.vips.map(addressIn).sort().join(', '), vipsOf([group]).sort().join(', ')],
  ];
  return facts
    .filter(([, is, built]) => is !== undefined && is !== built)
    .map(([name, is, built]) => `keepalived's ${group.name} has ${name} ${is}, and not ${built}.`);
}

/** A VIP in the dump reads `10.0.0.100 dev eth0 scope global set`, with a prefix where it has one. */
function addressIn(vip: string): string {
  return vip.split(/[\s/]/)[0] ?? '';
}

/**
 * Compares the LVS table. Two differences do not mean that the configuration was refused: a member that is not listed has a
 * failing check, and somebody holds one that has another weight. Pure.
 */
export function compareTable(pools: readonly PoolConfig[], services: readonly LiveService[]): Seen[] {
  return pools.map((pool) => {
    const { vip, lvs } = pool;
    const mark = fwmarkOf(pool);
    const service = services.find((service) =>
      mark === undefined
        ? service.protocol === 'TCP' && service.address === vip.address && service.port === vip.port
        : service.mark === mark,
    );
    const name = mark === undefined ? `${vip.address} port ${vip.port}` : `the mark ${mark}`;
    if (service === undefined) return { wrong: [`The LVS table has no service for ${name}.`], notes: [] };
    const members = Object.values(pool.members);
    const strange = service.destinations.filter(({ address }) => !members.some((member) => member.address === address));
    return {
      wrong: [
        ...(service.scheduler === lvs.scheduler
          ? []
          : [`The LVS table has ${name} with scheduler ${service.scheduler}, and not ${lvs.scheduler}.`]),
        ...strange.map(
          ({ address }) => `The LVS table lists ${address} for ${name}, which is no member of ${pool.name}.`,
        ),
      ],
      notes: members.flatMap(({ name: member, address, weight }) => {
        const row = service.destinations.find((destination) => destination.address === address);
        if (row === undefined) return [`${member} is not in the LVS table: keepalived does not reach its Redis.`];
        return row.weight === weight ? [] : [`${member} has weight ${row.weight} in the LVS table, and not ${weight}.`];
      }),
    };
  });
}

/**
 * Compares the sync daemon, since backup_only goes by its role: with the wrong one the MASTER balances nothing, or both
 * nodes schedule. Measured with keepalived 2.2.7: the daemon lives through a reload; a reload starts one that was stopped,
 * and takes over a new id. It lives on when the configuration has none any more, which is harmless without backup_only.
 */
export async function lostDaemon(
  groups: readonly Group[],
  instances: readonly VrrpInstance[],
  machine: Pick<Machine, 'run'>,
): Promise<string[]> {
  const [group] = groups;
  const live = instances.find(({ name }) => name === group?.name);
  if (group?.pools[0]?.lvs.loopGuard !== 'backup-only') return [];
  if (live?.state !== BACKUP && live?.state !== MASTER) return []; // In FAULT nobody comes to this node.
  const role = live.state === MASTER ? 'master' : 'backup';
  const daemons = daemonsIn(await machine.run('ipvsadm', ['-L', '--daemon']));
  const wanted = `${role} on ${group.interface} with id ${group.routerId}`;
  if (daemons.join() === wanted) return [];
  return [`The LVS sync daemon must be ${wanted}, and is ${daemons.join(' and ') || 'none'} (ipvsadm -L --daemon).`];
}

/** `master sync daemon (mcast=eth0, syncid=51, ...)`, a line each. */
function daemonsIn(text: string): string[] {
  const rows = text.matchAll(/^(master|backup) sync daemon \(mcast=([^,]+), syncid=(\d+)/gm);
  return [...rows].map(([, role, device, id]) => `${role} on ${device} with id ${id}`);
}

async function compareKernel(groups: readonly Group[], machine: Machine): Promise<string[]> {
  const wrong: string[] = [];
  for (const [key, value] of sysctls(groups)) {
    const now = await readSysctl(key, machine);
    if (now !== String(value)) wrong.push(`${key} is ${now ?? 'not there'}, and not ${value}.`);
  }
  const there = await addressesOnLo(machine);
  const missing = vipsOf(groups).map(withHostMask);
  return [...wrong, ...missing.filter((vip) => !there.includes(vip)).map((vip) => `${vip} is not on lo.`)];
}
