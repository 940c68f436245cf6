import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SIGNALS } from '../../../src/model/readings/signals.ts';
import { parseInfo } from '../../../src/observe/redis/info.ts';
import { createMemberSeries, readSignals } from '../../../src/observe/redis/member-signals.ts';
import { afterPolls, MIB, type Poll, seconds } from '../member/member-polls.ts';

describe('what a member says', () => {
  it('is in the catalogue, of the type it has there', () => {
    const signals = afterPolls(seconds(10, (n) => ({ info: { used_memory: n * MIB }, input: { queueDepth: n } })));

    expect(signals).toMatchObject({ answering: true, writable: true, refusal: '', connections: 7, uptime_seconds: 60 });
    const types = { number: 'double', string: 'string', boolean: 'bool' } as Readonly<Record<string, string>>;
    for (const [name, value] of Object.entries(signals)) {
      expect([name, SIGNALS.member[name]?.type]).toEqual([name, types[typeof value]]);
    }
  });

  it('is never a number that is none, whatever INFO holds', () => {
    const value = fc.oneof(fc.string(), fc.constantFrom('', '0', '-1', 'nan', 'inf', '1e400', 'calls=x,calls=1'));
    const name = fc.constantFrom('used_memory', 'maxmemory', 'total_net_input_bytes', 'cmdstat_rpush', 'evicted_keys');
    fc.assert(
      fc.property(fc.array(fc.dictionary(name, value), { minLength: 1, maxLength: 8 }), (infos) => {
        const numbers = Object.values(afterPolls(infos.map((info) => ({ info })))).filter(
          (one) => typeof one === 'number',
        );

        expect(numbers.every(Number.isFinite)).toBe(true);
      }),
      { examples: [[[{ used_memory: '1e308', maxmemory: '5e-324' }]]] },
    );
  });

  it('leaves out what INFO does not have', () => {
    const signals = readSignals(createMemberSeries('r1', 15_000), {
      info: parseInfo('role:master'),
      ownBytes: 0,
      nowMs: 0,
      minSecondsToFull: 1_800,
    });

    expect(signals).toEqual({
      answering: true,
      locked_out: '',
      role: 'master',
    });
  });
});

describe('a rate', () => {
  it('is what came per second: bytes, pushes, takes, refusals', () => {
    const signals = afterPolls(
      seconds(5, (second) => ({
        info: {
          total_net_input_bytes: 1_000 * second,
          cmdstat_rpush: `calls=${30 * second},usec=1,rejected_calls=${2 * second},failed_calls=0`,
          cmdstat_lpush: `calls=${10 * second},usec=1,rejected_calls=${second},failed_calls=0`,
          cmdstat_evalsha: `calls=${4 * second},usec=1`,
          cmdstat_blpop: `calls=${second},usec=1`,
          cmdstat_get: `calls=${99 * second},usec=1,rejected_calls=${99 * second}`,
          evicted_keys: 7 * second,
        },
      })),
    );

    expect(signals).toMatchObject({ inflow_rate: 1_000, push_rate: 40, take_rate: 5, refused_rate: 3 });
    expect(signals).toMatchObject({ refused_writes: 12, evicted_keys: 28 });
  });

  it('of consumers is without what this observer made Redis send, and never below 0', () => {
    const poll = (second: number, ownBytes: number): Poll => ({
      info: { total_net_output_bytes: 6_000 * second },
      input: { ownBytes },
    });

    expect(afterPolls(seconds(5, (second) => poll(second, 5_000 * second))).consume_rate).toBe(1_000);
    expect(afterPolls(seconds(5, (second) => poll(second, 9_000 * second))).consume_rate).toBe(0);
  });

  it('is unknown after one poll', () => {
    const names = ['inflow_rate', 'consume_rate', 'push_rate', 'take_rate', 'refused_writes', 'evicted_keys'];

    const signals = afterPolls([{ info: { total_net_input_bytes: 5, total_net_output_bytes: 5, evicted_keys: 1 } }]);

    expect(names.filter((name) => name in signals)).toEqual([]);
  });

  it('is never negative, whatever CONFIG RESETSTAT does to the counters (T29)', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 2, maxLength: 30 }), (values) => {
        const signals = afterPolls(
          values.map((value) => ({
            info: {
              total_net_input_bytes: value,
              total_net_output_bytes: value,
              cmdstat_rpush: `calls=${value},rejected_calls=${value}`,
              evicted_keys: value,
            },
          })),
        );

        for (const name of [
          'inflow_rate',
          'consume_rate',
          'push_rate',
          'refused_rate',
          'refused_writes',
          'evicted_keys',
        ]) {
          expect(signals[name]).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});

describe('the queues', () => {
  it('grow by the slope of their depth', () => {
    const signals = afterPolls(seconds(10, (second) => ({ input: { queueDepth: 100 + 25 * second } })));

    expect(signals.queue_depth).toBe(325);
    expect(signals.queue_growth).toBeCloseTo(25);
  });

  it('that cannot be counted have no depth', () => {
    expect(afterPolls([{}])).not.toHaveProperty('queue_depth');
  });
});
