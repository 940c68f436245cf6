import { expect, it } from 'vitest';
import { createBrokerClock, lookAtTime } from '../../src/broker/time/clock.ts';
import { redisOfFile } from '../support/redis-of-file.ts';

const redis = await redisOfFile();

it('of an answer that was long on its way half of the way is taken as the way back', async () => {
  let monotonic = 0;
  let answeredMs = Number.NaN;
  const slow = async () => {
    monotonic += 400;
    const look = await lookAtTime(redis, 'logs');
    answeredMs = look.clock;
    monotonic += 400;
    return look;
  };
  const clock = createBrokerClock(slow, { monotonic: () => monotonic });
  await clock.sync();
  expect(Math.abs(clock.now() - (answeredMs + 400))).toBeLessThanOrEqual(1);
});
