import { type BrokerClockStandIn, buildBrokerClock } from '../../lab/chaos/bench/broker-clock.ts';
import { startRedis, type TestRedis } from './redis.ts';
import { tempDir } from './temp-dir.ts';

export interface SteppedRedis extends TestRedis, Pick<BrokerClockStandIn, 'step'> {}

/** A real redis-server whose machine's clock can be set. */
export async function startSteppedRedis(): Promise<SteppedRedis> {
  const dir = await tempDir();
  const { env, step } = await buildBrokerClock(dir);
  const redis = await startRedis({ env });
  return { ...redis, step };
}
