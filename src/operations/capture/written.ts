/** Writes a pool as weir.yaml does, without secrets: the file is then read with the same windows and limits. Pure. */

import type { PoolConfig, WeirConfig } from '../../model/configuration/config.ts';
import type { Anonymised } from './anonymised.ts';

export function writtenPool({ poll, policy }: WeirConfig, pool: PoolConfig, shown: Anonymised): unknown {
  const { lvs, vrrp, vip, redis } = pool;
  const members = Object.values(pool.members).map(({ name, address, priority, weight, interface: device }) => {
    const written = {
      address: shown.address(address),
      priority,
      weight,
      ...(device !== undefined && { interface: device }),
    };
    return [shown.member(name), written] as const;
  });
  return {
    poll: { timeout: `${poll.timeoutMs}ms`, window: `${poll.windowMs}ms` },
    policy: { min_seconds_to_full: `${policy.minSecondsToFull}s` },
    pools: {
      [shown.pool(pool.name)]: {
        vip: { address: shown.address(vip.address), port: vip.port },
        lvs: { scheduler: lvs.scheduler, forwarding: lvs.forwarding, loop_guard: lvs.loopGuard },
        vrrp: { interface: vrrp.interface, virtual_router_id: vrrp.virtualRouterId, version: vrrp.version },
        redis: { probe: redis.probe, ...(redis.database !== undefined && { database: redis.database }) },
        queues: pool.queues.map(shown.queue),
        ...(pool.memoryBudgetBytes !== undefined && { memory_budget: pool.memoryBudgetBytes }),
        members: Object.fromEntries(members),
      },
    },
  };
}
