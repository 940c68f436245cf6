import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADDRESS, MEMBERS, networkOf, PRIORITY, QUEUE, REDIS_PORT, VIP, WEIGHT } from '../../lab/pool/topology.ts';
import {
  memberUser,
  merge,
  nodesConfig,
  type Place,
  type Shared,
  type Tree,
  weirYaml,
} from '../../lab/weir/weir-yaml.ts';
import { parseConfig } from '../../src/config/load.ts';
import { connectWatched } from '../../src/lib/redis/connections.ts';
import type { PoolConfig, WeirConfig } from '../../src/model/configuration/config.ts';
import { startRedis } from '../support/redis.ts';

const WORKER: Place = { brokerUrl: 'redis://127.0.0.1:16390', stateDir: '/tmp/lab/state' };
const NODE: Place = { brokerUrl: 'redis://192.168.81.1:6390', stateDir: '/var/lib/weir' };

function shared(overrides: Tree, more: Partial<Shared> = {}): Shared {
  return { brokerPassword: '0123abcd', httpPort: 18_480, rules: '/rules', overrides, ...more };
}

function load(overrides: Tree = {}, place = WORKER, more: Partial<Shared> = {}): WeirConfig {
  const text = weirYaml(place, shared(overrides, more));
  return parseConfig({ file: 'weir.yaml', text, env: {}, cwd: '/', root: false });
}

function poolOf(config: WeirConfig): PoolConfig {
  return config.pools.logs as PoolConfig;
}

describe('the weir.yaml that the lab writes', () => {
  it('is one that Weir takes, with the pool of the lab', () => {
    const pool = poolOf(load());

    expect(pool).toMatchObject({
      vip: { address: VIP, port: REDIS_PORT },
      lvs: { scheduler: 'wrr', forwarding: 'direct-routing', loopGuard: 'backup-only' },
      queues: [QUEUE],
    });
    expect(pool.members).toEqual(
      Object.fromEntries(
        MEMBERS.map((name) => {
          const { address, mac } = networkOf(name);
          return [name, { name, address, mac, priority: PRIORITY[name], weight: WEIGHT }];
        }),
      ),
    );
  });

  it('lets Weir in on a Redis of the lab, with what it needs there and no more', async () => {
    const config = load();
    const server = await startRedis({ tcp: true, args: memberUser(config, REDIS_PORT) });
    const redis = connectWatched({ ...poolOf(config).redis, host: '127.0.0.1', port: server.port, timeoutMs: 30_000 });
    try {
      await redis.connect();
      expect(await redis.llen(QUEUE)).toBe(0);
      await expect(redis.lpop(QUEUE)).rejects.toThrow('NOPERM');
    } finally {
      redis.disconnect();
      await server.stop();
    }
  });

  it('is the same for a node but for the way to the broker and the state', () => {
    const { broker, stateDir, ...rest } = load();
    const { broker: brokerOfNode, stateDir: stateOfNode, ...restOfNode } = load({}, NODE);

    expect(JSON.stringify([broker, stateDir])).not.toBe(JSON.stringify([brokerOfNode, stateOfNode]));
    expect(restOfNode).toEqual(rest);
  });

  it('keeps a password and a folder as they are, whatever is in them', () => {
    const awkward = `o'ne: "#{two}" \\ - [x]`;

    const config = load({}, { ...WORKER, stateDir: `/tmp/${awkward}` }, { brokerPassword: awkward });

    expect(config.stateDir).toBe(`/tmp/${awkward}`);
    expect('password' in config.broker && config.broker.password?.reveal()).toBe(awkward);
  });

  it('is overridden key by key: what is not named stays, null takes away, a list replaces', () => {
    const logs = { queues: ['one', 'two'], members: { b: { weight: 7 } }, vrrp: { preempt: null } };
    const overrides = { pools: { logs }, policy: { settle: '9s' } };

    const config = load(overrides);

    expect(config.policy).toMatchObject({ mode: 'auto', settleMs: 9_000 });
    const pool = poolOf(config);
    expect(pool).toMatchObject({ queues: ['one', 'two'], vip: { address: VIP } });
    expect(pool.members.b).toMatchObject({ name: 'b', address: ADDRESS.b, priority: PRIORITY.b, weight: 7 });
    expect(pool.members.a?.weight).toBe(WEIGHT);
    expect(weirYaml(WORKER, shared(overrides))).not.toContain('preempt');
  });

  it('is what the nodes are built from, overrides included', () => {
    const overrides = { pools: { logs: { lvs: { scheduler: 'rr' } } }, keepalived: { run_dir: '/run/else' } };

    const { pools, keepalived } = nodesConfig(overrides);

    expect({ pools, keepalived }).toEqual({ pools: load(overrides).pools, keepalived: load(overrides).keepalived });
    expect(poolOf(nodesConfig(overrides)).lvs.scheduler).toBe('rr');
  });

  it('is refused by Weir when an override is none of its keys', () => {
    expect(() => load({ policy: { moed: 'auto' } })).toThrow('moed');
  });
});

describe('merging', () => {
  const key = fc.constantFrom('a', 'b', 'c');
  const leaf = fc.oneof(fc.integer(), fc.string(), fc.array(fc.integer(), { maxLength: 3 }));
  /** Few keys, so that they meet; null only where trees are laid over others. */
  const treeOf = (leaves: fc.Arbitrary<unknown>) =>
    fc.letrec<{ tree: Tree; value: unknown }>((tie) => ({
      tree: fc.dictionary(key, tie('value'), { maxKeys: 3 }),
      value: fc.oneof({ maxDepth: 3 }, leaves, tie('tree')),
    })).tree;
  const base = treeOf(leaf);
  const over = treeOf(fc.oneof(leaf, fc.constant(null)));

  it('nothing laid over a tree gives the tree', () => {
    fc.assert(
      fc.property(base, (tree) => {
        expect(merge(tree, {})).toEqual(tree);
      }),
    );
  });

  it('changes neither of the two', () => {
    fc.assert(
      fc.property(base, over, (below, above) => {
        const before = JSON.stringify([below, above]);
        merge(below, above);
        expect(JSON.stringify([below, above])).toBe(before);
      }),
    );
  });

  it('done again gives the same, and leaves no null behind', () => {
    fc.assert(
      fc.property(base, over, (below, above) => {
        const merged = merge(below, above);
        expect(merge(merged, above)).toEqual(merged);
        expect(JSON.stringify(merged)).not.toMatch(/:null/);
      }),
    );
  });

  it('a value lies over a tree and a tree over a value', () => {
    expect(merge({ a: { b: 1 }, c: 2 }, { a: 3, c: { d: 4 } })).toEqual({ a: 3, c: { d: 4 } });
  });
});
