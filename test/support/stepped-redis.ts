import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrokerClockStandIn, buildBrokerClock } from '../../lab/chaos/broker-clock.ts';
import { startRedis, type TestRedis } from './redis.ts';

export interface SteppedRedis extends TestRedis, Pick<BrokerClockStandIn, 'step'> {}

/** A real redis-server whose machine's clock can be set. */
export async function startSteppedRedis(): Promise<SteppedRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'weir-clock-'));
  const { env, step } = await buildBrokerClock(dir);
  const redis = await startRedis({ env });
  return {
    ...redis,
    step,
    async stop() {
      await redis.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
