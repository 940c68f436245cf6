import { describe, expect, it } from 'vitest';
import type { Probed } from '../../../src/observe/redis/probe.ts';
import { afterPolls, MIB, type Poll } from './member-polls.ts';

const TAKES = { writable: true, refusal: '', full: false };
const refuses = (refusal: string) => ({ answering: true, writable: false, refusal, full: refusal === 'OOM' });

type Fields = Readonly<Record<string, string | number>>;

/** INFO of a Redis that counts errors: so many pushes taken, so many refused with a word. */
function counts(taken: number, word = '', refused = 0): Fields {
  return {
    cmdstat_rpush: `calls=${taken},usec=0,usec_per_call=0,rejected_calls=${refused},failed_calls=0`,
    ...(refused > 0 && { [`errorstat_${word}`]: `count=${refused}` }),
  };
}

/** The same before 6.2, which counts what was taken only. */
const oldCounts = (taken: number): Fields => ({ cmdstat_rpush: `calls=${taken},usec=0,usec_per_call=0` });

const unknown = (polls: readonly Poll[]) =>
  expect(['writable', 'refusal', 'full'].filter((name) => name in afterPolls(polls))).toEqual([]);

describe('a push, by INFO alone', () => {
  it.each<[string, Fields]>([
    ['LOADING', { loading: 1 }],
    ['LOADING', { async_loading: 1 }],
    ['READONLY', { role: 'slave' }],
    ['READONLY', { role: 'slave', slave_read_only: 1, used_memory: 101 * MIB }],
    ['READONLY', { role: 'replica' }],
    ['READONLY', { role: 'active-replica', slave_read_only: 1 }],
    ['MISCONF', { aof_enabled: 1, aof_last_write_status: 'err' }],
    ['NOREPLICAS', { min_slaves_good_slaves: 0 }],
    ['OOM', { used_memory: 101 * MIB }],
    ['OOM', { used_memory: 101 * MIB, maxmemory_policy: 'volatile-lru', db0: 'keys=3,expires=0,avg_ttl=0' }],
    ['PAUSED', { paused_actions: 'write' }],
  ])('is refused with %s at first sight where it has %j (T27)', (refusal, info) => {
    expect(afterPolls([{ info }])).toMatchObject(refuses(refusal));
  });

  it.each<[string, Fields]>([
    ['a replica that may be written', { role: 'slave', slave_read_only: 0 }],
    ['an active replica', { role: 'active-replica', slave_read_only: 0 }],
    ['a Redis that evicts at its limit', { used_memory: 101 * MIB, maxmemory_policy: 'allkeys-lru' }],
    ['a nearly full one that has refused nobody', { used_memory: 96 * MIB }],
    ['one with replicas enough so far', { min_slaves_good_slaves: 1 }],
  ])('is taken by %s', (_, info) => {
    expect(afterPolls([{ info: { ...counts(0), ...info } }])).toMatchObject(TAKES);
  });

  it('over the pool’s budget is taken: the budget is ours, not a limit of Redis', () => {
    const polls = [{ info: { maxmemory: 0 }, input: { budgetBytes: 10 * MIB } }];

    expect(afterPolls(polls)).toMatchObject({ writable: true, memory_ratio: 4 });
  });

  it.each<[string, Fields]>([
    ['who it is', { role: '' }],
    ['its memory', { used_memory: '' }],
    ['its limit, as before 3.2', { maxmemory: '' }],
  ])('is not known of a Redis that does not say %s', (_, info) => {
    unknown([{ info }]);
  });
});

describe('a refusal that INFO does not show, by what becomes of pushes', () => {
  const CAUSES: readonly [string, Fields, Fields][] = [
    ['MISCONF', { rdb_last_bgsave_status: 'err' }, { rdb_last_bgsave_status: 'ok' }],
    ['NOREPLICAS', { min_slaves_good_slaves: 1 }, {}],
    ['OOM', { used_memory: 90 * MIB }, { used_memory: 84 * MIB }],
    ['OOM', { used_memory: 70 * MIB }, { used_memory: 64 * MIB }],
    ['OOM', { used_memory: 90 * MIB }, { used_memory: 90 * MIB, maxmemory: 200 * MIB }],
  ];

  it.each(CAUSES)(
    '%s lasts, with %j, though nobody tries any more, until the cause is gone: %j',
    (word, cause, gone) => {
      const before = [{ info: { ...cause, ...counts(5) } }];
      const drained = Array.from({ length: 30 }, () => ({ info: { ...cause, ...counts(5, word, 3) } }));

      expect(afterPolls([...before, ...drained.slice(0, 1)])).toMatchObject(refuses(word));
      expect(afterPolls([...before, ...drained])).toMatchObject(refuses(word));
      expect(afterPolls([...before, ...drained, { info: { ...gone, ...counts(5, word, 3) } }])).toMatchObject(TAKES);
    },
  );

  it.each(CAUSES)('%s with %j is over when a push is taken', (word, cause) => {
    const polls = [counts(5), counts(5, word, 3), counts(6, word, 3), counts(6, word, 3)];

    expect(afterPolls(polls.map((one) => ({ info: { ...cause, ...one } })))).toMatchObject(TAKES);
  });

  it.each<[string, Fields]>([
    ['MISCONF', { rdb_last_bgsave_status: 'err' }],
    ['NOREPLICAS', { min_slaves_good_slaves: 1 }],
    ['OOM', { used_memory: 96 * MIB }],
  ])('%s of before Weir looked is not known while %j and nobody pushes', (word, cause) => {
    const seen = { info: { ...cause, ...counts(5, word, 3) } };

    unknown([seen]);
    unknown([seen, seen, seen]);
    expect(afterPolls([seen, { info: { ...cause, ...counts(6, word, 3) } }])).toMatchObject(TAKES);
  });

  it('NOREPLICAS is not known where there are more replicas than when it was refused: how many it takes INFO does not say', () => {
    const polls = [counts(5), counts(5, 'NOREPLICAS', 3)].map((one) => ({
      info: { min_slaves_good_slaves: 1, ...one },
    }));

    unknown([...polls, { info: { min_slaves_good_slaves: 2, ...counts(5, 'NOREPLICAS', 3) } }]);
  });

  it('what was taken before a snapshot failed says nothing of what came after, where refusals are not counted', () => {
    const failed = (taken: number) => ({ info: { rdb_last_bgsave_status: 'err', ...oldCounts(taken) } });
    const polls = [{ info: { rdb_last_bgsave_status: 'ok', ...oldCounts(5) } }, failed(8)];

    unknown(polls);
    unknown([...polls, failed(8), failed(8)]);
    expect(afterPolls([...polls, failed(9)])).toMatchObject(TAKES);
  });

  it('is believed without its word where Redis has given up counting errors', () => {
    const disabled = (rejected: number) => ({
      info: {
        rdb_last_bgsave_status: 'err',
        errorstat_ERRORSTATS_DISABLED: 'count=1',
        cmdstat_rpush: `calls=5,rejected_calls=${rejected},failed_calls=0`,
      },
    });

    expect(afterPolls([disabled(3), disabled(8)])).toMatchObject(refuses('MISCONF'));
  });

  it('is no refusal for memory where others are taken at the same time', () => {
    const polls = [counts(5), counts(8, 'OOM', 2)].map((one) => ({ info: { used_memory: 90 * MIB, ...one } }));

    expect(afterPolls(polls)).toMatchObject(TAKES);
  });

  it('is one where Redis is nearly full, though others were taken in the same second', () => {
    const polls = [counts(5), counts(8, 'OOM', 2)].map((one) => ({ info: { used_memory: 96 * MIB, ...one } }));

    expect(afterPolls(polls)).toMatchObject(refuses('OOM'));
  });

  it('WRONGTYPE is one where the queue is no list and pushes fail, with the probe too; a stream is none', () => {
    const poll = (taken: number, failed: number, isNoList = true, probed?: Probed): Poll => ({
      info: { cmdstat_rpush: `calls=${taken + failed},rejected_calls=0,failed_calls=${failed}` },
      input: { isNoList, ...(probed !== undefined && { probed }) },
    });
    const accepted: Probed = { kind: 'accepted', seconds: 0.001 };

    for (const probed of [undefined, accepted]) {
      expect(afterPolls([poll(5, 0, true, probed), poll(5, 4, true, probed)])).toMatchObject(refuses('WRONGTYPE'));
      expect(afterPolls([0, 4, 4, 4].map((failed) => poll(5, failed, true, probed)))).toMatchObject(
        refuses('WRONGTYPE'),
      );
      expect(afterPolls([poll(5, 0), poll(5, 4), poll(5, 4, false, probed)])).toMatchObject(TAKES);
      expect(afterPolls([poll(5, 0, true, probed), poll(5, 0, true, probed)])).toMatchObject(TAKES);
    }
  });

  it('before 6.2: more comes in than there is room for, and nothing is pushed', () => {
    const poll = (received: number, taken: number) => ({
      info: { used_memory: 99 * MIB, total_net_input_bytes: received, ...oldCounts(taken) },
    });

    expect(afterPolls([poll(0, 5), poll(8 * MIB, 5)])).toMatchObject(refuses('OOM'));
    expect(afterPolls([poll(0, 5), poll(8 * MIB, 5), poll(8 * MIB, 5)])).toMatchObject(refuses('OOM'));
    expect(afterPolls([poll(0, 5), poll(8 * MIB, 7)])).toMatchObject(TAKES);
    unknown([poll(0, 5), poll(1_000, 5)]);
  });
});

describe('a push, by the probe', () => {
  const ACCEPTED: Probed = { kind: 'accepted', seconds: 0.001 };
  const refused = (word: string): Probed => ({ kind: 'refused', word, seconds: 0.001 });
  const LATE: Probed = { kind: 'late' };
  const NONE: Probed = { kind: 'none' };
  const probed = (...answers: readonly Probed[]): Poll[] => answers.map((one) => ({ input: { probed: one } }));
  const withInfo = (info: Fields, ...answers: readonly Probed[]): Poll[] =>
    probed(...answers).map((poll) => ({ ...poll, info }));

  it('is taken or refused as the probe is, whatever INFO says', () => {
    expect(afterPolls(withInfo({ role: '', used_memory: '' }, ACCEPTED))).toMatchObject({
      ...TAKES,
      write_seconds: 0.001,
    });
    expect(afterPolls(withInfo({ rdb_last_bgsave_status: 'err' }, ACCEPTED))).toMatchObject(TAKES);
    expect(afterPolls(probed(refused('NOREPLICAS')))).toMatchObject(refuses('NOREPLICAS'));
    expect(afterPolls(probed(refused('OOM'), ACCEPTED))).toMatchObject(TAKES);
  });

  it('is paused where two probes in a row are late, and not by one', () => {
    unknown(probed(ACCEPTED, LATE));
    expect(afterPolls(probed(LATE, ACCEPTED, LATE, ACCEPTED))).toMatchObject(TAKES);
    unknown(probed(LATE, ACCEPTED, LATE));
    expect(afterPolls(probed(LATE, LATE))).toMatchObject(refuses('PAUSED'));
    expect(afterPolls(probed(LATE, LATE, LATE, ACCEPTED))).toMatchObject(TAKES);
  });

  it('is not known for a while where the probe has no answer any more, and its last one was none', () => {
    unknown(probed(LATE, LATE, NONE));
    unknown(probed(refused('CLUSTERDOWN'), NONE));
    expect(afterPolls(probed(ACCEPTED, NONE))).toMatchObject(TAKES);
    expect(afterPolls(probed(LATE, ...new Array(20).fill(NONE)))).toMatchObject(TAKES);
  });

  it('stays refused where the probe has no answer any more and INFO shows the cause', () => {
    const cause = { rdb_last_bgsave_status: 'err', ...counts(0, 'MISCONF', 1) };

    expect(afterPolls(withInfo(cause, refused('MISCONF'), ...new Array(20).fill(NONE)))).toMatchObject(
      refuses('MISCONF'),
    );
  });

  it('is refused where the queue is on another node of the cluster', () => {
    const polls = [{ input: { probed: ACCEPTED, queueRefused: 'MOVED' } }];

    expect(afterPolls(polls)).toMatchObject(refuses('MOVED'));
  });

  describe('that is small is taken where big ones are refused for memory', () => {
    const poll = (taken: number, oom: number, ofProbes = 0): Poll => ({
      input: { probed: ACCEPTED },
      info: {
        used_memory: 90 * MIB,
        cmdstat_rpush: `calls=${taken},rejected_calls=${oom},failed_calls=0`,
        cmdstat_linsert: `calls=9,rejected_calls=${ofProbes},failed_calls=0`,
        ...(oom + ofProbes > 0 && { errorstat_OOM: `count=${oom + ofProbes}` }),
      },
    });

    it('the member is full, and stays so when they have been moved away', () => {
      expect(afterPolls([poll(5, 0), poll(5, 4)])).toMatchObject(refuses('OOM'));
      expect(afterPolls([poll(5, 0), poll(5, 4), poll(5, 4), poll(5, 4)])).toMatchObject(refuses('OOM'));
      expect(afterPolls([poll(5, 0), poll(5, 4), poll(6, 4)])).toMatchObject(TAKES);
      expect(afterPolls([poll(5, 0), poll(5, 4), poll(6, 5)])).toMatchObject(refuses('OOM'));
    });

    it('what the probes of other observers were refused is none of them', () => {
      expect(afterPolls([poll(5, 0), poll(5, 0, 4)])).toMatchObject(TAKES);
      expect(afterPolls([poll(5, 0), poll(5, 1, 4)])).toMatchObject(refuses('OOM'));
    });
  });
});
