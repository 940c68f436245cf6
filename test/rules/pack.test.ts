import { describe, expect, it } from 'vitest';
import type { Rule, Truth } from '../../src/model/decisions/rule.ts';
import type { Signals } from '../../src/model/readings/signals.ts';
import { loadRules } from '../../src/rules/files/load.ts';
import { sweepOf, tableOf } from '../support/pool.ts';
import { START, world } from '../support/world.ts';

const { rules } = await loadRules(['rules']);

function named(name: string): Rule {
  const rule = rules.find((one) => one.name === name);
  if (rule === undefined) throw new Error(`no rule ${name}`);
  return rule;
}

it('the pack holds these rules', () => {
  expect(rules.map(({ name }) => name).sort()).toEqual([
    'blind',
    'broker-trouble',
    'clock-skew',
    'connections-refused',
    'connections-uneven',
    'consumer-lagging',
    'consumer-on-vip',
    'consumer-silent',
    'director-faulty',
    'downstream-stalled',
    'dual-master',
    'keepalived-down',
    'logs-evicted',
    'logs-refused',
    'loop-suspected',
    'may-evict',
    'member-filling',
    'member-full',
    'member-unwritable',
    'no-master',
    'orphan-vip',
    'silent-master',
    'table-off-intent',
    'weir-locked-out',
    'weir-yaml-differs',
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
  it.each<[string, Truth, Signals, Signals[]]>([
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

  it.each<[string, Truth, Signals, Signals[]]>([
    ['stays when the drain has calmed it', false, DRAINED, [HEALTHY]],
    ['ends when its consumer takes again', true, { ...DRAINED, take_rate: 40 }, [HEALTHY]],
    ['ends when the other fills up instead', true, DRAINED, [FLOODED]],
    ["ends when the other's consumer stops too", true, DRAINED, [STOPPED]],
    ['ends when the other freezes', true, DRAINED, [FROZEN]],
  ])('%s', (_, expected, member, peers) => {
    expect(judge('clearWhen', member, peers)).toBe(expected);
  });

  it('drains on the word of two observers, and says how bad it is', () => {
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

it('member-unwritable says why, also of a member that says nothing', () => {
  const { title } = named('member-unwritable');
  const pool = { writable_members: 1, members: 2 };
  expect(title.render({ pool, member: { ...HEALTHY, refusal: 'OOM' } })).toBe(
    'cannot be written (OOM): 1 of 2 members still take logs',
  );
  expect(title.render({ pool, member: FROZEN })).toBe('cannot be written (no answer): 1 of 2 members still take logs');
});

it('logs-refused fires at the first refused write and counts', () => {
  const rule = named('logs-refused');
  expect(rule.when.evaluate({ pool: { refused_writes: 0 } })).toBe(false);
  const pool = { refused_writes: 1_240, refused_rate: 20.67, full_members: 1, writable_members: 1, members: 2 };
  expect(rule.when.evaluate({ pool })).toBe(true);
  expect(rule.title.render({ pool })).toBe(
    'Logs are refused: 1,240 writes (20.7 per second), 1 of 2 members full, 1 writable',
  );
});

describe('a director that is not as it should be', () => {
  const MASTER: Signals = { state: 'MASTER', keepalived: true, vip: true, kept_off: false, lvs: true };
  const BACKUP: Signals = { state: 'BACKUP', keepalived: true, vip: false, kept_off: false, lvs: false };
  const DIRECTOR_RULES = rules.filter((rule) => rule.forEach === 'director');

  it.each<[string, string | undefined, Signals]>([
    ['a MASTER', undefined, MASTER],
    ['a BACKUP without a table, as with notify-swap', undefined, BACKUP],
    ['a hung keepalived', 'director-faulty', { ...MASTER, state: 'HUNG' }],
    ['a VIP that does not fit the state', 'director-faulty', { ...BACKUP, state: 'MISMATCH', vip: true }],
    ['an interface that is down', 'director-faulty', { ...BACKUP, state: 'FAULT' }],
    ['a VIP kept away on purpose', undefined, { ...BACKUP, state: 'FAULT', kept_off: true }],
    ['one that hangs while the VIP is kept away', 'director-faulty', { ...BACKUP, state: 'HUNG', kept_off: true }],
    ['a MASTER without a table', 'director-faulty', { ...MASTER, lvs: false }],
    ['a VIP left behind', 'orphan-vip', { ...MASTER, state: 'ORPHAN', keepalived: false }],
    ['a keepalived that was stopped', 'keepalived-down', { ...BACKUP, state: 'DOWN', keepalived: false }],
  ])('%s: exactly one rule says it, %s', (_, expected, director) => {
    const pool = { masters: 1, directors: 2 };
    const firing = DIRECTOR_RULES.filter((rule) => rule.when.evaluate({ pool, director, peers: [] }) === true);

    expect(firing.map((rule) => rule.name)).toEqual(expected === undefined ? [] : [expected]);
  });

  it('that nobody reads is unknown, and told by one rule', () => {
    for (const rule of DIRECTOR_RULES)
      expect(rule.when.evaluate({ pool: {}, director: {}, peers: [] })).toBeUndefined();
    expect(DIRECTOR_RULES.filter((rule) => rule.whenUnknownMs !== undefined)).toHaveLength(1);
  });

  it('pages when producers may be hurt, and warns when only the reserve is gone', () => {
    expect(named('director-faulty').severity).toBe('page');
    expect(named('orphan-vip').severity).toBe('page');
    expect(named('keepalived-down').severity).toBe('warn');
  });

  it.each<[string, Signals, string]>([
    [
      'director-faulty',
      { ...MASTER, state: 'HUNG' },
      'director is HUNG: keepalived runs, VIP is here, 2 of 2 nodes hold it',
    ],
    [
      'orphan-vip',
      { ...MASTER, state: 'ORPHAN', keepalived: false },
      'keepalived is dead and the VIP is still here, 2 of 2 nodes hold it: start keepalived here again',
    ],
    [
      'keepalived-down',
      { ...BACKUP, state: 'DOWN' },
      'keepalived does not run here: this node cannot take the VIP over, which 2 of 2 nodes hold',
    ],
  ])('%s says what is', (rule, director, title) => {
    expect(named(rule).title.render({ pool: { masters: 2, directors: 2 }, director })).toBe(title);
  });
});

describe('who has the VIP', () => {
  it.each<[string, Truth, Truth]>([
    ['OK', false, false],
    ['DUAL', true, false],
    ['NO_MASTER', false, true],
  ])('%s: dual-master %s, no-master %s', (vrrp, dual, none) => {
    expect(named('dual-master').when.evaluate({ pool: { vrrp } })).toBe(dual);
    expect(named('no-master').when.evaluate({ pool: { vrrp } })).toBe(none);
  });

  it('is not guessed', () => {
    expect(named('dual-master').when.evaluate({ pool: { masters: 0 } })).toBeUndefined();
    expect(named('no-master').when.evaluate({ pool: { masters: 0 } })).toBeUndefined();
  });

  it('pages, waits longer than a node that was cut off is believed, and brakes what would be wrong', () => {
    expect(named('dual-master')).toMatchObject({
      severity: 'page',
      forMs: 5_000,
      text: expect.stringContaining('brakes: [failover]'),
    });
    expect(named('dual-master').brakes).not.toContain('drain');
    expect(named('no-master')).toMatchObject({
      severity: 'page',
      forMs: 5_000,
      text: expect.stringContaining('brakes: [set_weight, drain, failover]'),
      brakes: expect.arrayContaining(['set_weight', 'drain']),
      mutes: ['blind'],
    });
  });

  it('is told with how many of how many', () => {
    const pool = { masters: 2, directors: 3 };
    expect(named('dual-master').title.render({ pool })).toMatch(/^Dual master: 2 of 3 nodes hold the VIP/);
    expect(named('no-master').title.render({ pool })).toMatch(/^No master: none of 3 nodes holds the VIP/);
  });
});

it('silent-master hands the VIP over once its member is drained, and two observers see it', () => {
  const silent = { answering: false, writable: false };
  const members = { a: silent, b: { answering: true, writable: true } };
  const vrrp = { keepalived: true, nopreempt: true, handover: 0, adverts_received_rate: 5 };
  const lease = { id: '1-1.member-unwritable.a', member: 'a', weight: 0, base: 100, owner: 'rule:member-unwritable' };
  const w = world([named('silent-master')]);
  const sweeps = (at: number, weight: number) => {
    const parts = {
      members,
      table: tableOf({ a: weight, b: 100 }),
      leases: weight === 0 ? [{ ...lease, until: START + 600_000, contested: false }] : [],
    };
    w.fold(
      at,
      sweepOf('a', START + at, { ...parts, director: { ...vrrp, state: 'MASTER', vip: true, priority: 254 } }),
    );
    w.fold(
      at,
      sweepOf('b', START + at, { ...parts, director: { ...vrrp, state: 'BACKUP', vip: false, priority: 250 } }),
    );
  };
  for (const at of [0, 1_000, 2_000, 3_000]) sweeps(at, 100);
  expect([...w.decisions.values()]).toEqual([]);
  for (const at of [4_000, 5_000, 6_000]) sweeps(at, 0);
  expect([...w.decisions.values()]).toMatchObject([{ action: 'failover', target: 'a', verdict: 'act', nodes: ['a'] }]);
});
