/** weir.yaml and the rules of a bench. */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { ROOT } from '../../paths.ts';
import type { Tree } from '../../weir/weir-yaml.ts';

export const POOL = 'logs';
export const VIP = '127.0.0.1';
export const REDIS_A = '127.0.1.1';

export function benchYaml(place: {
  readonly brokerUrl: string;
  readonly stateDir: string;
  readonly rules: string;
  readonly http: number;
  readonly slackUrl: string;
  /** The port of the VIP and of every Redis. */
  readonly port: number;
  /** The address under which this process knows b. */
  readonly redisB: string;
  readonly settleMs: number;
  readonly keepalived?: Tree;
}): Tree {
  return {
    broker: { url: place.brokerUrl },
    state_dir: place.stateDir,
    rules: place.rules,
    poll: { interval: '1s', timeout: '500ms', window: '15s', stale_after: '3s' },
    http: { listen: `127.0.0.1:${place.http}` },
    ...(place.keepalived && { keepalived: place.keepalived }),
    pools: {
      [POOL]: {
        vip: { address: VIP, port: place.port },
        memory_budget: '4GiB',
        lvs: { scheduler: 'wrr', loop_guard: 'backup-only' },
        vrrp: { interface: 'lo', virtual_router_id: 51 },
        members: {
          a: { address: REDIS_A, priority: 254 },
          // The address of the VIP is on lo of this machine, and b must not have it.
          b: { address: place.redisB, priority: 250, interface: 'none0' },
        },
      },
    },
    node: { budget: '400/1h' },
    policy: {
      ...{ mode: 'auto', settle: `${place.settleMs}ms` },
      // Faults follow one another on one member, so this is looser than the defaults.
      budgets: { target: '200/1h', rule: '200/1h', kind: '200/1h', pool: '200/1h' },
      ...{ block: '5s', breaker: { unverified: 20, rearm: '1m' }, raise: { every: '1s' } },
    },
    tell: {
      slack: { token: 'xoxb-bench', channel: '#bench', api_url: place.slackUrl },
      // A minute of faults has more to tell than a night.
      ...{ group: { wait: '200ms', interval: '1s' }, limit: '500/1m' },
    },
  };
}

/** The same for another build, whose version may not know all of it: without what only makes room for many faults. */
export function forOtherBuild({ node: _, ...tree }: Tree): Tree {
  return tree;
}

/** member-unwritable as it ships, and what the fault needs. */
export async function writeRules(folder: string, more: readonly Tree[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const pack = parse(await readFile(join(ROOT, 'rules/members.yaml'), 'utf8')) as { rules: { name: string }[] };
  const rules = pack.rules.filter((rule) => rule.name === 'member-unwritable');
  await writeFile(join(folder, 'bench.yaml'), stringify({ version: 1, owner: 'bench', rules: [...rules, ...more] }));
}
