/** A pool of weir.yaml as the program sees it. Pure. */

import { defined } from '../lib/defined.ts';
import { dictionary } from '../lib/dictionary.ts';
import type { MemberConfig, PoolConfig } from '../model/configuration/config.ts';
import type { WrittenPool } from './pool-schema.ts';
import { toTls } from './tls-schema.ts';

/** @param home the folder that weir.yaml is in. */
export function toPool(name: string, pool: WrittenPool, home: string): PoolConfig {
  const { vrrp, redis } = pool;
  return {
    name,
    vip: pool.vip,
    lvs: { scheduler: pool.lvs.scheduler, forwarding: pool.lvs.forwarding, loopGuard: pool.lvs.loop_guard },
    vrrp: {
      interface: vrrp.interface,
      virtualRouterId: vrrp.virtual_router_id,
      version: vrrp.version,
      // Version 2 knows whole seconds only (docs/hazards.md#t14).
      advertIntervalMs: vrrp.advert_interval ?? (vrrp.version === 2 ? 1_000 : 200),
      preempt: vrrp.preempt,
      ...(vrrp.auth !== undefined && { auth: vrrp.auth }),
    },
    redis: {
      ...defined({ username: redis.username, password: redis.password }),
      ...(redis.tls !== undefined && { tls: toTls(redis.tls, home) }),
      ...(redis.database !== 0 && { database: redis.database }),
      probe: redis.probe,
    },
    queues: pool.queues,
    minServing: pool.min_serving,
    ...(pool.memory_budget !== undefined && { memoryBudgetBytes: pool.memory_budget }),
    members: dictionary(
      Object.entries(pool.members).map(
        ([member, { address, priority, weight, interface: device, mac }]): [string, MemberConfig] => [
          member,
          {
            name: member,
            address,
            priority,
            weight,
            ...(device !== undefined && { interface: device }),
            ...(mac !== undefined && { mac: mac.toLowerCase() }),
          },
        ],
      ),
    ),
    consumers: dictionary(pool.consumers.map(({ logstash }) => [new URL(logstash).host, logstash])),
  };
}
