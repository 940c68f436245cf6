/** Looks at a node once, with every reader. `note` gets what could not be looked at. Changes nothing. */

import { defined } from '../../../lib/defined.ts';
import type { PoolConfig } from '../../../model/configuration/config.ts';
import { fwmarkOf } from '../../../model/configuration/fwmark.ts';
import { messageOf } from '../../../model/error.ts';
import { handoverFilesOf, weightFilesOf } from '../../render/system.ts';
import type { ClockFact, NodeFacts, PoolFacts, WeirFacts } from '../facts.ts';
import { arpSysctl } from '../places.ts';
import { deviceOf, isV6, keepsVip, selfIn, type Wanted } from '../wanted.ts';
import { askArp } from './arp.ts';
import { lookAtConfiguration } from './configuration.ts';
import { readFiles } from './files.ts';
import { lookTwice, pidIn } from './keepalived.ts';
import { mayChangeTable, readAddresses, readListening, readSysctls } from './kernel.ts';
import { isMarked, lookAtLvs } from './lvs.ts';
import { isForbidden, type Parts } from './parts.ts';
import { lookAtClock, lookAtRedis } from './redis.ts';

export async function look(parts: Parts, wanted: Wanted): Promise<NodeFacts> {
  const { note } = parts;
  const { pools, node } = wanted;
  const pid = await pidIn(wanted.config.keepalived.pidFile);
  const [vrrp, lvs, addresses, sysctls, configuration, clocks] = await Promise.all([
    lookTwice(parts, pools),
    lookAtLvs(parts, pools),
    readAddresses(parts),
    readSysctls(sysctlsOf(wanted), note),
    lookAtConfiguration(parts, wanted, pid),
    lookAtClocks(parts, wanted),
  ]);
  // Asked alone: while this process starts programs it is busy, and would take the broker for away.
  const peers = await parts
    .peers()
    .catch((error: unknown) => void note(`What the other nodes see: ${messageOf(error)}`));
  const { run: files, keepalivedConf } = wanted.layout;
  const ofRoot = [
    ...[files.folder, files.vrrpFifo, files.lvsFifo, keepalivedConf],
    ...[...handoverFilesOf(wanted.groups, files), ...weightFilesOf(wanted.groups, files)],
    ...configuration.files,
    ...(configuration.facts.says?.scripts ?? []),
  ];
  const perPool = await Promise.all(
    pools.map(async (pool): Promise<readonly [string, PoolFacts]> => {
      const instance = vrrp.instances?.get(pool.name);
      const service = lvs.services[pool.name];
      return [
        pool.name,
        {
          ...defined({ instance, service }),
          ...peers?.[pool.name],
          ...(await lookAtPool(parts, pool, node)),
        },
      ];
    }),
  );
  return {
    keepalived: vrrp.keepalived,
    configuration: configuration.facts,
    ...(addresses !== undefined && { addresses }),
    sysctls,
    lvs: lvs.facts,
    pools: Object.fromEntries(perPool),
    weir: await lookAtWeir(parts),
    files: await readFiles(parts.files, ofRoot),
    clocks,
  };
}

/** Looks at one pool with this node's own eyes: who answers for the VIP, what is marked, what its Redis says. */
async function lookAtPool(
  parts: Parts,
  pool: PoolConfig,
  node: string,
): Promise<Pick<PoolFacts, 'marked' | 'arpAnswers' | 'redis'>> {
  const where = { vip: pool.vip.address, device: deviceOf(pool, node), own: selfIn(pool, node).address };
  const arpAnswers = isV6(where.vip) ? undefined : await askArp(parts, where);
  const mark = fwmarkOf(pool);
  const marked = mark === undefined ? undefined : await isMarked(parts, where.device, mark);
  const listening = await readListening(keepsVip(pool) ? where.vip : where.own, pool.vip.port, parts.note);
  return {
    ...(marked !== undefined && { marked }),
    ...(arpAnswers !== undefined && { arpAnswers }),
    redis: {
      ...(listening !== undefined && { listening }),
      // A Redis that does not listen is a finding; that it does not answer either says nothing more.
      ...(await lookAtRedis(listening === false ? { ...parts, note: () => {} } : parts, pool, node)),
    },
  };
}

function sysctlsOf({ pools, node }: Wanted): string[] {
  const devices = [...new Set(['all', ...pools.map((pool) => deviceOf(pool, node))])];
  return [
    ...devices.flatMap((device) => ['arp_ignore', 'arp_announce'].map((key) => arpSysctl(device, key))),
    ...['backup_only', 'expire_nodest_conn', 'expire_quiescent_template'].map((key) => `net.ipv4.vs.${key}`),
  ];
}

async function lookAtWeir({ nodePid, leased, note }: Parts): Promise<WeirFacts> {
  const pid = await nodePid();
  const netAdmin = pid === undefined ? undefined : await mayChangeTable(pid, note);
  const common = { nodePid: pid ?? null, ...(netAdmin !== undefined && { netAdmin }) };
  try {
    return { ...common, leased: await leased() };
  } catch (error) {
    if (!isForbidden((error as { cause?: unknown }).cause)) return { ...common, leaseTrouble: messageOf(error) };
    note('The leases of Weir on this node, and so who owns a weight: no permission, run it as root.');
    return common;
  }
}

/** Asks each other node once, also where it serves several pools. */
async function lookAtClocks(parts: Parts, { pools, node }: Wanted): Promise<Record<string, ClockFact>> {
  const others = new Map(pools.flatMap((pool) => Object.keys(pool.members).map((name) => [name, pool] as const)));
  others.delete(node);
  const found = await Promise.all(
    [...others].map(async ([name, pool]) => [name, await lookAtClock(parts, pool, name)] as const),
  );
  return Object.fromEntries(found.filter((entry): entry is [string, ClockFact] => entry[1] !== undefined));
}
