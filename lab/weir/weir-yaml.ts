/** weir.yaml of the lab. Host and nodes have the same, but for the place of the broker and of the state. */

import { stringify } from 'yaml';
import { parseConfig } from '../../src/config/load.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import { aclRules, featuresOf } from '../../src/provision/render/acl.ts';
import { type Member, networkOf, PRIORITY, QUEUE, REDIS_PORT, VIP, WEIGHT } from '../pool/topology.ts';
import { NODES_BROKER_URL } from './broker.ts';

/** Whom Weir comes in as on the members. Producers and consumers come in as everybody does. */
const LOGIN = { username: 'weir', password: 'weir-in-the-lab' };

export interface Place {
  readonly brokerUrl: string;
  readonly stateDir: string;
}

export interface Shared {
  readonly brokerPassword: string;
  readonly httpPort: number;
  /** Folder of the rule files, absolute. */
  readonly rules: string;
  /** Laid over the rest: objects are merged, anything else replaces, null takes a key away. */
  readonly overrides: Tree;
}

export interface Tree {
  readonly [key: string]: unknown;
}

export function weirYaml(place: Place, shared: Shared): string {
  const member = (name: Member) => {
    const { address, mac } = networkOf(name);
    return { address, mac, priority: PRIORITY[name], weight: WEIGHT };
  };
  const base: Tree = {
    broker: { url: place.brokerUrl, password: shared.brokerPassword, insecure: true },
    state_dir: place.stateDir,
    rules: shared.rules,
    poll: { interval: '1s', timeout: '500ms', window: '15s', stale_after: '3s' },
    http: { listen: `127.0.0.1:${shared.httpPort}` },
    keepalived: { pid_file: '/run/keepalived.pid' },
    pools: {
      logs: {
        vip: { address: VIP, port: REDIS_PORT },
        lvs: { scheduler: 'wrr', forwarding: 'direct-routing', loop_guard: 'backup-only' },
        vrrp: { interface: 'eth0', virtual_router_id: 51, version: 3, advert_interval: '200ms', preempt: false },
        redis: LOGIN,
        queues: [QUEUE],
        min_serving: 1,
        members: { a: member('a'), b: member('b') },
      },
    },
    node: { budget: '400/1h' },
    policy: {
      ...{ mode: 'auto', settle: '5s', min_seconds_to_full: '30m' },
      // A test of minutes has more trouble than a pool has in a year, so this is looser than the defaults.
      budgets: { target: '200/1h', rule: '200/1h', kind: '200/1h', pool: '200/1h' },
      ...{ block: '5s', breaker: { unverified: 20, rearm: '1m' }, raise: { every: '1s' } },
    },
  };
  return stringify(merge(base, shared.overrides));
}

/** The same as Weir sees it on a node: what the nodes are built from, also where no Weir runs. */
export function nodesConfig(overrides: Tree): WeirConfig {
  const shared: Shared = { brokerPassword: 'unused', httpPort: 8480, rules: '/', overrides };
  const text = weirYaml({ brokerUrl: NODES_BROKER_URL, stateDir: '/var/lib/weir' }, shared);
  return parseConfig({ file: "the lab's weir.yaml", text, env: process.env, cwd: '/', root: true });
}

/** Weir's user on the Redis servers at a port, as redis-server takes it: with what `weir acl` grants, and no more. */
export function memberUser({ pools }: WeirConfig, port: number): readonly string[] {
  const pool = Object.values(pools).find(({ vip }) => vip.port === port);
  if (pool === undefined) return [];
  return ['--user', LOGIN.username, ...aclRules(pool, featuresOf(pool), `>${LOGIN.password}`)];
}

/** Pure: neither argument is changed. */
export function merge(base: Tree, over: Tree): Tree {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    if (value === null) delete merged[key];
    else merged[key] = isTree(value) ? merge(isTree(below) ? below : {}, value) : value;
  }
  return merged;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
