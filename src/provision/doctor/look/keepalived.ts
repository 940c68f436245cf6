/** Looks at keepalived: its process, and its VRRP state by its dump. */

import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defined } from '../../../lib/defined.ts';
import type { PoolConfig } from '../../../model/configuration/config.ts';
import type { VrrpInstance } from '../../../model/readings/vrrp-instance.ts';
import type { InstanceFacts, KeepalivedFacts } from '../facts.ts';
import { sameAddress } from '../places.ts';
import type { Parts } from './parts.ts';

/** Returns the pid that this file names; undefined when that keepalived is dead (docs/hazards.md#t3). */
export async function pidIn(file: string): Promise<number | undefined> {
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).trim());
  return (await isKeepalived(pid)) ? pid : undefined;
}

async function isKeepalived(pid: number): Promise<boolean> {
  return pid > 1 && (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() === 'keepalived';
}

/** Two looks are so many adverts apart. */
const ADVERTS_BETWEEN = 4;
const BETWEEN_AT_LEAST_MS = 1_000;

/** Takes two dumps, to see which of keepalived's counters grow: a single count may be a year old. */
export async function lookTwice(
  { dump, note }: Pick<Parts, 'dump' | 'note'>,
  pools: readonly PoolConfig[],
): Promise<{ keepalived: KeepalivedFacts; instances?: ReadonlyMap<string, InstanceFacts | null> }> {
  const first = await dump();
  if (!first.alive) {
    const unlistedPid = await unlistedKeepalived();
    return { keepalived: { running: false, ...(unlistedPid !== undefined && { unlistedPid }) } };
  }
  const startedAt = performance.now();
  await sleep(Math.max(BETWEEN_AT_LEAST_MS, ...pools.map(({ vrrp }) => ADVERTS_BETWEEN * vrrp.advertIntervalMs)));
  const second = await dump();
  const overMs = performance.now() - startedAt;
  const instances = second.instances ?? first.instances;
  if (instances === undefined) {
    const trouble = second.trouble ?? first.trouble ?? 'keepalived wrote no dump of its state.';
    if (process.getuid?.() === 0) return { keepalived: { running: true, silent: trouble } };
    note(`The VRRP state: ${trouble}`);
    return { keepalived: { running: true } };
  }
  const found = pools.map((pool) => {
    const of = (all: readonly VrrpInstance[] | undefined) =>
      all?.find((instance) => carries(instance, pool.vip.address));
    const now = of(instances);
    return [pool.name, now === undefined ? null : grownBetween(of(first.instances), now, overMs)] as const;
  });
  const dumpFile = second.file ?? first.file;
  return { keepalived: { running: true, ...defined({ dumpFile }) }, instances: new Map(found) };
}

function grownBetween(before: VrrpInstance | undefined, now: VrrpInstance, overMs: number): InstanceFacts {
  const { name: _, vips: __, advertsReceived = 0, refused = {}, ...facts } = now;
  if (before === undefined) return facts;
  // Its counters begin anew with it.
  const grew = (is: number, was = 0) => Math.max(0, is - was);
  return {
    ...facts,
    grown: {
      overMs,
      advertsReceived: grew(advertsReceived, before.advertsReceived),
      refused: Object.fromEntries(
        Object.entries(refused).map(([name, count]) => [name, grew(count, before.refused?.[name])]),
      ),
    },
  };
}

/** A VIP in the dump reads `10.0.0.100 dev eth0 scope global set`, with a prefix where it has one. */
function carries(instance: VrrpInstance, vip: string): boolean {
  return instance.vips.some((text) => sameAddress(text.split(/[\s/]/)[0] ?? '', vip));
}

/** Finds a keepalived in this network that the pid file does not name: the process whose parent is no keepalived. */
async function unlistedKeepalived(): Promise<number | undefined> {
  const network = await readlink('/proc/self/ns/net').catch(() => '');
  for (const name of await readdir('/proc').catch(() => [])) {
    const pid = Number(name);
    if (!(pid > 1) || !(await isKeepalived(pid))) continue;
    const own = await readlink(join('/proc', name, 'ns/net')).catch(() => undefined);
    if (own === network && !(await isKeepalived(await parentOf(pid)))) return pid;
  }
  return undefined;
}

async function parentOf(pid: number): Promise<number> {
  return Number(/^PPid:\s*(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))?.[1] ?? 0);
}
