import { describe, expect, test } from 'vitest';
import type { Truth } from '../../src/model/decision.ts';
import type { Signals } from '../../src/model/reading.ts';
import type { Rule } from '../../src/model/rule.ts';
import { loadRules } from '../../src/rules/load.ts';

const { rules } = await loadRules(['rules']);

function named(name: string): Rule {
  const rule = rules.find((one) => one.name === name);
  if (rule === undefined) throw new Error(`no rule ${name}`);
  return rule;
}

test('the pack holds these rules', () => {
  expect(rules.map(({ name }) => name).sort()).toEqual([
    'blind',
    'consumer-on-vip',
    'director-faulty',
    'downstream-stalled',
    'logs-refused',
    'member-filling',
    'member-unwritable',
    'silent-master',
  ]);
});

/** A member in ordinary work: half a day to full, its consumer takes eight times a second. */
const HEALTHY: Signals = {
  answering: true,
  writable: true,
  refusal: '',
  filling: false,
  memory_ratio: 0.1,
  seconds_to_full: 43_200,
  push_rate: 900,
  take_rate: 8,
  queue_depth: 120,
};
/** Its consumer stopped a while ago. */
const STOPPED: Signals = {
  ...HEALTHY,
  filling: true,
  memory_ratio: 0.55,
  seconds_to_full: 800,
  take_rate: 0,
  queue_depth: 98_765,
};
/** Too much comes in for a consumer that works as fast as it can. */
const FLOODED: Signals = { ...STOPPED, take_rate: 60 };
/** After the drain: nothing comes in, the list stands still. */
const DRAINED: Signals = { ...STOPPED, filling: false, seconds_to_full: 2_592_000, push_rate: 0 };
const FROZEN: Signals = { answering: false, writable: false };

function judge(which: 'when' | 'clearWhen', member: Signals, peers: readonly Signals[]): Truth {
  const all = [member, ...peers];
  const pool: Signals = { members: all.length, filling_members: all.filter((one) => one.filling === true).length };
  return named('member-filling')[which]?.evaluate({ pool, member, peers });
}

describe('member-filling', () => {
  test.each<[string, Truth, Signals, Signals[]]>([
    ['fires when its own consumer has stopped', true, STOPPED, [HEALTHY]],
    ['fires with one more of four in the same state', true, STOPPED, [STOPPED, HEALTHY, HEALTHY]],
    ['fires beside a frozen member', true, STOPPED, [FROZEN, HEALTHY, HEALTHY]],
    ['not in a healthy pool', false, HEALTHY, [HEALTHY]],
    ['not when all have stopped', false, STOPPED, [STOPPED]],
    ['not when all have stopped and this one fills first', false, STOPPED, [{ ...HEALTHY, take_rate: 0 }]],
    ['not when three of four have stopped', false, STOPPED, [STOPPED, { ...HEALTHY, take_rate: 0 }, HEALTHY]],
    ['not when more comes in than a living consumer can take', false, FLOODED, [HEALTHY]],
    ['not while a consumer restarts and there is time', false, { ...STOPPED, seconds_to_full: 1_500 }, [HEALTHY]],
    ['not when no other has room', false, STOPPED, [FLOODED]],
    ['not when the only other is frozen', false, STOPPED, [FROZEN]],
    ['not when nothing comes in', false, { ...STOPPED, push_rate: 0 }, [HEALTHY]],
    [
      'unknown while the consumer cannot be judged',
      undefined,
      { filling: true, seconds_to_full: 800, push_rate: 1 },
      [HEALTHY],
    ],
  ])('%s', (_, expected, member, peers) => {
    expect(judge('when', member, peers)).toBe(expected);
  });

  test.each<[string, Truth, Signals, Signals[]]>([
    ['stays when the drain has calmed it', false, DRAINED, [HEALTHY]],
    ['ends when its consumer takes again', true, { ...DRAINED, take_rate: 40 }, [HEALTHY]],
    ['ends when the other fills up instead', true, DRAINED, [FLOODED]],
    ["ends when the other's consumer stops too", true, DRAINED, [STOPPED]],
    ['ends when the other freezes', true, DRAINED, [FROZEN]],
  ])('%s', (_, expected, member, peers) => {
    expect(judge('clearWhen', member, peers)).toBe(expected);
  });

  test('drains on the word of two observers, and says how bad it is', () => {
    const rule = named('member-filling');
    expect(rule).toMatchObject({
      mode: 'auto',
      evidence: { observers: 2 },
      steps: [{ action: 'drain', leaseMs: 1_800_000 }],
    });
    expect(rule.title.render({ pool: {}, member: STOPPED, peers: [] })).toBe(
      'fills and its consumer takes nothing: 55 % used, full in 13 min 20 s, 98,765 items wait',
    );
  });
});

test('member-unwritable says why, also of a member that says nothing', () => {
  const { title } = named('member-unwritable');
  const pool = { writable_members: 1, members: 2 };
  expect(title.render({ pool, member: { ...HEALTHY, refusal: 'OOM' } })).toBe(
    'cannot be written (OOM): 1 of 2 members still take logs',
  );
  expect(title.render({ pool, member: FROZEN })).toBe('cannot be written (no answer): 1 of 2 members still take logs');
});

test('logs-refused fires at the first refused write and counts', () => {
  const rule = named('logs-refused');
  expect(rule.when.evaluate({ pool: { refused_writes: 0 } })).toBe(false);
  const pool = { refused_writes: 1_240, refused_rate: 20.67, full_members: 1, writable_members: 1, members: 2 };
  expect(rule.when.evaluate({ pool })).toBe(true);
  expect(rule.title.render({ pool })).toBe(
    'Logs are refused: 1,240 writes (20.7 per second), 1 of 2 members full, 1 writable',
  );
});

describe('director-faulty', () => {
  const MASTER: Signals = { state: 'MASTER', keepalived: true, vip: true, lvs: true };
  const BACKUP: Signals = { state: 'BACKUP', keepalived: true, vip: false, lvs: false };
  test.each<[string, Truth, Signals, number]>([
    ['a MASTER', false, MASTER, 1],
    ['a BACKUP without a table, as with notify-swap', false, BACKUP, 1],
    ['a hung keepalived', true, { ...MASTER, state: 'HUNG' }, 1],
    ['a VIP left behind', true, { ...MASTER, state: 'ORPHAN', keepalived: false }, 1],
    ['two with the VIP', true, MASTER, 2],
    ['a MASTER without a table', true, { ...MASTER, lvs: false }, 1],
    ['a director that nobody reads', undefined, {}, 1],
  ])('%s: %s', (_, expected, director, masters) => {
    expect(named('director-faulty').when.evaluate({ pool: { masters }, director, peers: [] })).toBe(expected);
  });

  test('says which side has what', () => {
    expect(
      named('director-faulty').title.render({
        pool: { masters: 2, directors: 2 },
        director: { ...MASTER, state: 'ORPHAN', keepalived: false },
      }),
    ).toBe('director is ORPHAN: keepalived is dead, VIP is here, 2 of 2 nodes hold it');
  });
});
