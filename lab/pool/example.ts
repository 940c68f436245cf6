import type { PoolConfig } from '../../src/model/configuration/config.ts';
import { ADDRESS, PRIORITY, QUEUE, REDIS_PORT, VIP, WEIGHT } from './topology.ts';

const member = (name: 'a' | 'b') => ({ name, address: ADDRESS[name], priority: PRIORITY[name], weight: WEIGHT });

/** The pool of README.md, `logs` with its members a and b, as a weir.yaml that says no more is read. */
export const EXAMPLE_POOL: PoolConfig = {
  name: 'logs',
  vip: { address: VIP, port: REDIS_PORT },
  lvs: { scheduler: 'wrr', forwarding: 'direct-routing', loopGuard: 'backup-only' },
  vrrp: { interface: 'eth0', virtualRouterId: 51, version: 3, advertIntervalMs: 200, preempt: false },
  redis: { probe: 'read' },
  queues: [QUEUE],
  minServing: 1,
  members: { a: member('a'), b: member('b') },
  consumers: {},
};
