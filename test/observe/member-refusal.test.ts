import { describe, expect, test } from 'vitest';
import { afterPolls, MIB } from './member-polls.ts';

describe('a push', () => {
  test.each([
    ['LOADING', { loading: 1 }],
    ['LOADING', { async_loading: 1 }],
    ['READONLY', { role: 'slave' }],
    ['MISCONF', { aof_enabled: 1, aof_last_write_status: 'err' }],
    ['OOM', { used_memory: 101 * MIB }],
  ])('is refused with %s at first sight where INFO says %j (T27)', (refusal, info) => {
    expect(afterPolls([{ info }])).toMatchObject({
      answering: true,
      writable: false,
      refusal,
      full: refusal === 'OOM',
    });
  });

  const refused = (name: string, count: number) => ({ [`errorstat_${name}`]: `count=${count}` });

  test.each([
    ['MISCONF', { rdb_last_bgsave_status: 'err' }],
    ['NOREPLICAS', {}],
    ['OOM', { used_memory: 96 * MIB }],
    ['OOM', { used_memory: 96 * MIB, maxmemory_policy: 'volatile-lru' }],
  ])('is refused with %s where INFO has %j and somebody was refused since the poll before', (refusal, info) => {
    const first = { info: { ...info, ...refused(refusal, 3) } };

    expect(afterPolls([first])).toMatchObject({ writable: true });
    expect(afterPolls([first, { info: { ...info, ...refused(refusal, 4) } }])).toMatchObject({
      writable: false,
      refusal,
    });
    expect(afterPolls([first, first])).toMatchObject({ writable: true, refusal: '' });
    expect(afterPolls([{ info }, { info: { ...info, ...refused(refusal, 1) } }])).toMatchObject({ writable: false });
  });

  test('is not refused for memory far below the limit: somebody has let go, or it was another limit', () => {
    const polls = [{ info: refused('OOM', 3) }, { info: { used_memory: 90 * MIB, ...refused('OOM', 4) } }];

    expect(afterPolls(polls)).toMatchObject({ writable: true });
  });

  test('over the limit is accepted where Redis evicts: that loses logs, and evicted_keys says so', () => {
    const info = { used_memory: 101 * MIB, maxmemory_policy: 'allkeys-lru' };

    expect(afterPolls([{ info }])).toMatchObject({ writable: true, full: false, maxmemory_policy: 'allkeys-lru' });
  });

  test('over the pool’s budget is accepted: the budget is ours, not a limit of Redis', () => {
    const polls = [{ info: { maxmemory: 0 }, input: { budgetBytes: 10 * MIB } }];

    expect(afterPolls(polls)).toMatchObject({ writable: true, memory_ratio: 4 });
  });
});
