/** What a person holds has an end: drain, weight and failover, wherever the wish comes from. */

import { describe, expect, it } from 'vitest';
import type { Request } from '../../src/model/entries/requests.ts';
import { timeFault } from '../../src/model/people/longest.ts';
import { POLICY, poolOf, sweepOf } from '../support/pool.ts';
import { START, world } from '../support/world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function asked(wish: Partial<Request>, policy = POLICY) {
  const w = world([], { policy, pool: poolOf() });
  const director = { keepalived: true, handover: 0, priority: 254, nopreempt: true, adverts_received_rate: 5 };
  w.fold(0, sweepOf('a', START, { director: { ...director, state: 'MASTER', vip: true } }));
  w.fold(1, sweepOf('b', START, { director: { ...director, state: 'BACKUP', vip: false, priority: 250 } }));
  const request = { kind: 'request', pool: 'logs', action: 'drain', target: 'b', by: 'ann@x', force: false } as const;
  const [decision] = w.fold(500, { ...request, ...wish }).records;
  if (decision === undefined) throw new Error('no decision');
  return decision;
}

const SEVEN_DAYS = 'a time above nothing and 7 d at most (policy.longest) is expected.';

describe('a request that comes from anywhere', () => {
  it.each<[string, Partial<Request>]>([
    ['drain', { action: 'drain' }],
    ['weight', { action: 'set_weight', weight: 10 }],
    ['failover', { action: 'failover', target: 'a' }],
  ])('%s is refused above the longest time, force or not', (_, wish) => {
    for (const force of [false, true]) {
      const { verdict, rails } = asked({ ...wish, leaseMs: 7 * DAY + 1, force, reason: 'x' });
      expect({ verdict, last: rails.at(-1) }).toMatchObject({
        verdict: 'refuse',
        last: { rail: 'longest time', sentence: `7 d is not possible: ${SEVEN_DAYS}` },
      });
    }
    expect(asked({ ...wish, leaseMs: 7 * DAY })).toMatchObject({ verdict: 'act' });
  });

  it('is refused for a time that is none', () => {
    for (const leaseMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(asked({ leaseMs })).toMatchObject({ verdict: 'refuse' });
    }
  });

  it('goes by policy.longest, and where nothing is said no further than that', () => {
    const policy = { ...POLICY, longestMs: HOUR / 2 };
    expect(asked({ leaseMs: HOUR }, policy)).toMatchObject({ verdict: 'refuse' });
    expect(asked({}, policy)).toMatchObject({ verdict: 'act', leaseMs: HOUR / 2 });
    expect(asked({ leaseMs: 20 * DAY }, { ...POLICY, longestMs: 30 * DAY })).toMatchObject({ verdict: 'act' });
  });

  it('that gives back is not asked how long', () => {
    expect(asked({ action: 'restore', leaseMs: 90 * DAY })).toMatchObject({ verdict: 'act' });
  });
});

it('the sentence says what was asked and what may be', () => {
  expect(timeFault(8 * DAY, 7 * DAY)).toBe(`8 d is not possible: ${SEVEN_DAYS}`);
  expect(timeFault(Number.NaN, 7 * DAY)).toBe(`That is not possible: ${SEVEN_DAYS}`);
  expect(timeFault(7 * DAY, 7 * DAY)).toBeUndefined();
});
