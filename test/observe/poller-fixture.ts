/** A poller of a pool of two real members. */

import type { Redis } from 'ioredis';
import { connectWatched, dropSilent } from '../../src/lib/redis/connections.ts';
import type { MemberConfig, PoolConfig, WeirConfig } from '../../src/model/configuration/config.ts';
import { createPoller, type Poller, type PollerOptions } from '../../src/observe/poller.ts';
import { PLAN, POLICY, POLL, poolOf } from '../support/pool.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

function configOf(pool: PoolConfig, timeoutMs: number): WeirConfig {
  return {
    file: 'weir.yaml',
    broker: {},
    seal: { mode: 'off', public: { node: {}, worker: [], terminal: [] } },
    stateDir: '/nowhere',
    rules: '/nowhere',
    recording: { maxBytes: 1_000_000 },
    poll: { ...POLL, timeoutMs },
    log: { level: 'info', form: 'auto' },
    http: { host: '127.0.0.1', port: 0 },
    keepalived: { pidFile: '/nowhere', dumpFile: '/nowhere', runDir: '/nowhere' },
    node: { budget: { max: 60, perMs: 3_600_000 } },
    pools: { [pool.name]: pool },
    policy: POLICY,
    roles: { viewer: [], operator: [], approver: [] },
    tell: { plan: PLAN },
  };
}

export interface Setup {
  readonly poller: Poller;
  readonly servers: Readonly<Record<'a' | 'b', TestRedis>>;
  readonly connections: Redis[];
  end(): Promise<void>;
}

export interface SetupOptions extends Partial<Omit<PollerOptions, 'lagMs'>> {
  readonly timeoutMs?: number;
  readonly parts?: Partial<PoolConfig>;
  /** How long the process was held up; `watched`: as the poller sees it itself. */
  readonly lagMs?: (() => number) | 'watched';
}

/** A poller of a pool of two real members, whose own process is never held up unless a test says so. */
export async function startPoller({
  timeoutMs = 3_000,
  parts,
  lagMs = () => 0,
  ...rest
}: SetupOptions = {}): Promise<Setup> {
  const servers = { a: await startRedis({ tcp: true }), b: await startRedis({ tcp: true }) };
  const connections: Redis[] = [];
  const connect = ({ name }: MemberConfig) => {
    const { port } = servers[name as 'a' | 'b'];
    const redis = connectWatched({ host: '127.0.0.1', port, timeoutMs });
    connections.push(redis);
    return redis;
  };
  const pool = { ...poolOf(), ...parts };
  const lag = lagMs === 'watched' ? {} : { lagMs };
  const poller = createPoller({
    config: configOf(pool, timeoutMs),
    pool,
    name: 'a',
    connect,
    dropSilent,
    ...lag,
    ...rest,
  });
  const end = async () => {
    poller.close();
    await Promise.all([servers.a.stop(), servers.b.stop()]);
  };
  return { poller, servers, connections, end };
}
