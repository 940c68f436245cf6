import { describe, expect, it } from 'vitest';
import { MAX_SECONDS_TO_FULL } from '../../../src/model/readings/signals.ts';
import { afterPolls, MIB, type Poll, seconds } from '../member/member-polls.ts';

const used = (bytes: number): Poll => ({ info: { used_memory: bytes } });

describe('memory', () => {
  it('is what counts against the limit: Redis takes some of it off before it refuses (T28)', () => {
    const signals = afterPolls([{ info: { used_memory: 101 * MIB, mem_not_counted_for_evict: 51 * MIB } }]);

    expect(signals).toMatchObject({ memory_bytes: 50 * MIB, memory_ratio: 0.5, writable: true });
  });

  it('has the pool’s budget as its limit where maxmemory is 0, and no ratio without one', () => {
    const unlimited = { maxmemory: 0 };

    expect(afterPolls([{ info: unlimited, input: { budgetBytes: 80 * MIB } }])).toMatchObject({ memory_ratio: 0.5 });
    const signals = afterPolls(seconds(10, () => ({ info: unlimited })));
    expect(signals).toMatchObject({ memory_bytes: 40 * MIB, memory_growth: 0 });
    expect(
      ['memory_limit_bytes', 'memory_ratio', 'seconds_to_full', 'filling'].filter((one) => one in signals),
    ).toEqual([]);
  });

  it('that grows says when it is full', () => {
    const signals = afterPolls(seconds(11, (second) => used((40 + second) * MIB)));

    expect(signals.memory_growth).toBeCloseTo(MIB);
    expect(signals.seconds_to_full).toBeCloseTo(50);
    expect(signals.filling).toBe(true);
  });

  it('has no growth, and says nothing of filling, before there is enough to tell', () => {
    const signals = afterPolls(seconds(5, (second) => used((40 + second) * MIB)));

    expect(['memory_growth', 'seconds_to_full', 'filling'].filter((one) => one in signals)).toEqual([]);
  });

  it.each([
    ['shrinks', -1],
    ['stays', 0],
  ])('that %s is as far from full as can be', (_, perSecond) => {
    const signals = afterPolls(seconds(10, (second) => used((50 + second * perSecond) * MIB)));

    expect(signals).toMatchObject({ seconds_to_full: MAX_SECONDS_TO_FULL, filling: false });
  });

  it('over 85 % is filling, whatever its growth, and full in 0 s over its limit', () => {
    expect(afterPolls([used(86 * MIB)])).toMatchObject({ filling: true });
    expect(afterPolls(seconds(10, () => used(101 * MIB)))).toMatchObject({ filling: true, seconds_to_full: 0 });
  });

  it.each([
    ['-1', 'what Tendis writes where it does not know'],
    ['18446744073709527704', 'what went below 0'],
    [' ', 'nothing'],
  ])('of %j is not known: %s', (text) => {
    const signals = afterPolls(seconds(10, () => ({ info: { used_memory: text } })));

    expect(
      ['memory_bytes', 'memory_ratio', 'memory_growth', 'seconds_to_full', 'filling'].filter((one) => one in signals),
    ).toEqual([]);
  });

  it('takes off what is not counted only where that is known', () => {
    const info = { used_memory: 50 * MIB, mem_not_counted_for_evict: '18446744073709527704' };

    expect(afterPolls([{ info }])).toMatchObject({ memory_bytes: 50 * MIB });
  });
});

describe('memory that is read back', () => {
  const loading = (field: string, mib: number, queueDepth?: number): Poll => ({
    info: { [field]: 1, used_memory: mib * MIB },
    ...(queueDepth !== undefined && { input: { queueDepth } }),
  });

  it.each(['loading', 'async_loading'])('is no growth of the buffer, while %s:1 nor after it', (field) => {
    const reading = seconds(12, (second) => loading(field, 3 * second, second));
    const idle = (count: number) => seconds(count, () => ({ ...used(40 * MIB), input: { queueDepth: 12 } }));

    expect(afterPolls(reading)).toMatchObject({ filling: false });
    for (const count of [1, 2, 3, 5]) {
      const signals = afterPolls([...reading, ...idle(count)]);
      expect(signals).toMatchObject({ filling: false });
      expect(['memory_growth', 'seconds_to_full', 'queue_growth'].filter((one) => one in signals)).toEqual([]);
    }
    expect(afterPolls([...reading, ...idle(6)])).toMatchObject({
      ...{ memory_growth: 0, seconds_to_full: MAX_SECONDS_TO_FULL, filling: false, queue_growth: 0 },
    });
  });

  it('begins anew for one that served before: a replica that reads a larger master', () => {
    const before = seconds(6, () => used(10 * MIB));
    const reading = seconds(3, (second) => loading('loading', 10 + 10 * second));
    const idle = (count: number) => seconds(count, () => used(60 * MIB));

    expect(afterPolls(before)).toMatchObject({ memory_growth: 0 });
    for (const count of [1, 3, 5])
      expect(afterPolls([...before, ...reading, ...idle(count)])).not.toHaveProperty('memory_growth');
    expect(afterPolls([...before, ...reading, ...idle(6)])).toMatchObject({ memory_growth: 0, filling: false });
  });

  it('is full all the same when it is much, and grows by what is pushed from then on', () => {
    const reading = seconds(12, (second) => loading('loading', 3 * second));
    const pushed = (count: number) => seconds(count, (second) => used((40 + 2 * second) * MIB));

    expect(afterPolls([...reading, loading('loading', 90)])).toMatchObject({ filling: true });
    // How fast it grows is not known yet: neither is whether it fills.
    expect(afterPolls([...reading, ...pushed(3)])).not.toHaveProperty('filling');
    const signals = afterPolls([...reading, ...pushed(6)]);
    expect(signals.memory_growth).toBeCloseTo(2 * MIB);
    expect(signals).toMatchObject({ seconds_to_full: 25, filling: true });
  });
});
