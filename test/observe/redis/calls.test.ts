import { describe, expect, it } from 'vitest';
import { callsOf } from '../../../src/observe/redis/calls.ts';
import { parseInfo } from '../../../src/observe/redis/info.ts';
import { afterPolls, type Poll, seconds } from '../member/member-polls.ts';

/** Lines of commandstats as 7.0 writes them: calls, rejected_calls, failed_calls by command. */
function stats(of: Readonly<Record<string, readonly [calls: number, rejected?: number, failed?: number]>>) {
  const lines = Object.entries(of).map(([command, [calls, rejected = 0, failed = 0]]) => [
    `cmdstat_${command}`,
    `calls=${calls},usec=121,usec_per_call=5.30,rejected_calls=${rejected},failed_calls=${failed}`,
  ]);
  return Object.fromEntries(lines) as Record<string, string>;
}

function rates(at: (second: number) => Poll['info']): Readonly<Record<string, unknown>> {
  const { push_rate, take_rate, refused_writes, refused_rate } = afterPolls(
    seconds(3, (second) => ({ info: at(second) ?? {} })),
  );
  return { push_rate, take_rate, refused_writes, refused_rate };
}

describe('a call that failed', () => {
  it('is no push, and counts as refused: the key is no list', () => {
    const signals = rates((second) => stats({ rpush: [7 * second, 0, 7 * second], lpush: [2 * second, second] }));

    expect(signals).toMatchObject({ push_rate: 2, refused_writes: 16, refused_rate: 8 });
  });

  it('is no take: a consumer whose script may not trim takes nothing', () => {
    const signals = rates((second) => stats({ evalsha: [4 * second, 0, 4 * second], ltrim: [0, 4 * second] }));

    expect(signals).toMatchObject({ take_rate: 0, refused_writes: 0 });
  });

  it('and is counted after its call makes no rate of all calls there ever were', () => {
    const polls = [stats({ blpop: [900, 0, 0] }), stats({ blpop: [900, 0, 1] })].map((info) => ({ info }));

    expect(afterPolls(polls)).toMatchObject({ take_rate: 0 });
  });
});

describe('what a version does not count', () => {
  it.each([
    ['before 6.2', { cmdstat_rpush: 'calls=741,usec=9000,usec_per_call=12.1' }],
    ['of a server that counts no commands', {}],
  ])('is not known, %s: how many were refused', (_, info) => {
    const signals = rates(() => info);

    expect([signals.refused_writes, signals.refused_rate]).toEqual([undefined, undefined]);
  });

  it('is not known: pushes and takes of a server that counts no commands', () => {
    expect(rates(() => ({}))).toEqual({});
    expect(callsOf(parseInfo('role:master\r\n'))).toEqual({});
  });

  it('is not known from now on, once it is not told any more', () => {
    const polls = [0, 1, 2].map((second) => ({ info: stats({ rpush: [second, second] }) }));

    const signals = afterPolls([...polls, { info: { cmdstat_rpush: 'calls=2,usec=1' } }]);

    expect(signals).not.toHaveProperty('refused_writes');
    expect(signals.push_rate).toBeCloseTo(2 / 3);
  });

  it('of those that it counts nobody has called one yet: that is 0', () => {
    expect(rates(() => stats({ info: [9] }))).toEqual({
      ...{ push_rate: 0, take_rate: 0, refused_writes: 0, refused_rate: 0 },
    });
  });
});

describe('a take', () => {
  it.each([
    'lpop',
    'rpop',
    'blpop',
    'brpop',
    'lmpop',
    'blmpop',
    'lmove',
    'blmove',
    'rpoplpush',
    'brpoplpush',
    'eval',
    'evalsha',
    'fcall',
    'ltrim',
    'RPOPLPUSH',
  ])('is %s', (command) => {
    expect(rates((second) => stats({ [command]: [5 * second] }))).toMatchObject({ take_rate: 5, push_rate: 0 });
  });

  it.each(['lrange', 'llen', 'lindex', 'get', 'exec', 'eval_ro'])('is not %s', (command) => {
    expect(rates((second) => stats({ [command]: [5 * second] }))).toMatchObject({ take_rate: 0 });
  });

  it('of logstash’s script is one, though Redis counts the trim in it as well', () => {
    const logstash = (second: number) => stats({ evalsha: [4 * second], lrange: [4 * second], ltrim: [4 * second] });

    expect(rates(logstash)).toMatchObject({ take_rate: 4 });
    expect(
      rates((second) => ({ ...logstash(second), ...stats({ ltrim: [6 * second], lpop: [second] }) })),
    ).toMatchObject({
      take_rate: 7,
    });
  });
});
