/** A member that somebody has out already: planned maintenance, and what another rule holds. */

import { describe, expect, it } from 'vitest';
import type { LeaseView } from '../../../src/model/readings/reading.ts';
import type { Signals } from '../../../src/model/readings/signals.ts';
import { HEALTHY, SILENT, sweepOf, tableOf } from '../../support/pool.ts';
import { expression, START, unwritable, type World, world } from '../../support/world.ts';

const HOUR_MS = 3_600_000;
const STOPPED = { members: { a: HEALTHY, b: SILENT }, table: tableOf({ a: 100 }) };

function view(id: string, owner: string): LeaseView {
  return { id, member: 'b', weight: 0, base: 100, owner, until: START + HOUR_MS, contested: false };
}

/** ann drains b for an hour, and it is seen. */
function maintained(w: World): { id: string; leases: LeaseView[] } {
  w.sweeps(0);
  const asked = { kind: 'request', pool: 'logs', action: 'drain', target: 'b', by: 'ann', force: false } as const;
  const { records } = w.fold(100, { ...asked, leaseMs: HOUR_MS });
  const id = records[0]?.id ?? '';
  const leases = [view(id, 'person:ann')];
  for (const node of ['a', 'b']) w.outcome(200, id, node);
  w.sweeps(1_000, { table: tableOf({ a: 100, b: 0 }), leases });
  expect(w.decisions.get(id)?.state).toBe('verified');
  return { id, leases };
}

function told(w: World): string[] {
  return w.results.flatMap(({ events }) =>
    events.flatMap((one) =>
      one.type === 'finding' && one.change === 'fired' && !one.finding.muted ? [one.finding.rule] : [],
    ),
  );
}

function ruleActs(w: World) {
  return [...w.decisions.values()].filter(({ rule, verdict }) => rule !== 'request' && verdict === 'act');
}

describe('what a person drained and then stops', () => {
  it('is not drained again, and told to nobody: they have it out until then', () => {
    const w = world([unwritable()]);
    const { leases } = maintained(w);
    for (let at = 2_000; at < 120_000; at += 1_000) w.sweeps(at, { ...STOPPED, leases });
    expect(w.state.findings['member-unwritable/b']).toMatchObject({
      ...{ phase: 'firing', muted: true, outBy: { by: 'ann', until: START + 100 + HOUR_MS } },
    });
    expect([told(w), ruleActs(w), w.state.acts]).toEqual([[], [], []]);
  });

  it('is told and acted on as soon as it has its weight again', () => {
    const w = world([unwritable()]);
    const { leases } = maintained(w);
    for (let at = 2_000; at < 10_000; at += 1_000) w.sweeps(at, { ...STOPPED, leases });
    const restore = { kind: 'request', pool: 'logs', action: 'restore', target: 'b', by: 'ann', force: false } as const;
    const { records } = w.fold(10_100, restore);
    for (const node of ['a', 'b']) w.outcome(10_200, records[0]?.id ?? '', node);
    for (let at = 11_000; at < 14_000; at += 1_000) w.sweeps(at, { ...STOPPED, table: tableOf({ a: 100, b: 100 }) });
    expect(told(w)).toEqual(['member-unwritable']);
    expect(ruleActs(w)).toHaveLength(1);
  });

  it('is told when their time is over and it is still out, and not drained again while its node keeps it', () => {
    const w = world([unwritable()]);
    const { leases } = maintained(w);
    for (let at = HOUR_MS - 10_000; at < HOUR_MS + 10_000; at += 1_000) w.sweeps(at, { ...STOPPED, leases });
    expect(told(w)).toEqual(['member-unwritable']);
    expect(w.state.findings['member-unwritable/b']).not.toHaveProperty('outBy');
    expect(ruleActs(w)).toEqual([]);
  });

  it('is told and drained where the table says that somebody undid it', () => {
    const w = world([unwritable()]);
    const leases = maintained(w).leases.map((one) => ({ ...one, contested: true }));
    const undone = { ...STOPPED, table: tableOf({ a: 100, b: 100 }), leases };
    for (let at = 2_000; at < 6_000; at += 1_000) w.sweeps(at, undone);
    expect(told(w)).toEqual(['member-unwritable']);
    expect(ruleActs(w)).toHaveLength(1);
  });

  it('is told where a rule finds what draining does not answer', () => {
    const w = world([unwritable({ name: 'silent-tell', steps: [], forMs: 0 })]);
    const { leases } = maintained(w);
    w.sweeps(2_000, { ...STOPPED, leases });
    expect(told(w)).toEqual(['silent-tell']);
  });

  it('at half of its weight is another matter', () => {
    const w = world([unwritable()]);
    w.sweeps(0);
    const asked = { kind: 'request', pool: 'logs', action: 'set_weight', weight: 50, target: 'b', by: 'ann' } as const;
    const id = w.fold(100, { ...asked, leaseMs: HOUR_MS, force: false }).records[0]?.id ?? '';
    for (const node of ['a', 'b']) w.outcome(200, id, node);
    const leases = [{ ...view(id, 'person:ann'), weight: 50 }];
    for (let at = 1_000; at < 5_000; at += 1_000)
      w.sweeps(at, { ...STOPPED, table: tableOf({ a: 100, b: 50 }), leases });
    expect(told(w)).toEqual(['member-unwritable']);
    expect(ruleActs(w)).toHaveLength(1);
  });
});

describe('a node that a person has out with its member', () => {
  const faulty = unwritable({
    ...{ name: 'director-faulty', forEach: 'director', steps: [], forMs: 0, whenUnknownMs: 60_000 },
    when: expression(({ director }) => (director?.state === undefined ? undefined : director.state === 'DOWN'), []),
  });
  const OFF = { state: 'BACKUP', keepalived: true, vip: false, kept_off: true };

  /** ann has b out; its director said `last`, and then nothing more. */
  function switchedOff(last: Signals, untilMs: number): { w: World; untold: boolean } {
    const w = world([faulty]);
    const { leases } = maintained(w);
    w.fold(2_000, sweepOf('b', START + 2_000, { director: last, table: tableOf({ a: 100, b: 0 }), leases }));
    for (let at = 3_000; at < untilMs; at += 1_000) w.fold(at, sweepOf('a', START + at, { ...STOPPED, leases }));
    const events = w.results.flatMap((one) => one.events).filter((one) => one.type === 'finding');
    expect(events.map(({ change, finding }) => [change, finding.target])).toEqual([['unknown', 'b']]);
    return { w, untold: events[0]?.finding.muted === true };
  }

  it('and kept off the VIP may be switched off', () => {
    const { w, untold } = switchedOff(OFF, 120_000);
    expect(untold).toBe(true);
    expect(w.state.findings['director-faulty/b']).toMatchObject({ outBy: { by: 'ann' } });
  });

  it('is told where it has the VIP, or was not kept off it', () => {
    expect(switchedOff({ ...OFF, vip: true }, 120_000).untold).toBe(false);
    expect(switchedOff({ ...OFF, state: 'MASTER' }, 120_000).untold).toBe(false);
    expect(switchedOff({ ...OFF, kept_off: false }, 120_000).untold).toBe(false);
  });

  it('is told again when their time is over', () => {
    const { w } = switchedOff(OFF, 120_000);
    for (let at = HOUR_MS - 1_000; at < HOUR_MS + 2_000; at += 1_000) w.fold(at, sweepOf('a', START + at, STOPPED));
    expect(w.state.findings['director-faulty/b']).toMatchObject({ muted: false });
  });
});

it('what one rule holds another one need not drain, and people are told of both', () => {
  const first = unwritable({ name: 'first', forMs: 0 });
  const w = world([first, unwritable({ name: 'second', forMs: 3_000 })]);
  w.sweeps(0);
  w.sweeps(1_000, { ...STOPPED, table: tableOf({ a: 100, b: 100 }) });
  const id = ruleActs(w)[0]?.id ?? '';
  for (const node of ['a', 'b']) w.outcome(1_200, id, node);
  const leases = [view(id, 'rule:first')];
  for (let at = 2_000; at < 20_000; at += 1_000) w.sweeps(at, { ...STOPPED, leases });
  expect(told(w)).toEqual(['first', 'second']);
  expect(ruleActs(w)).toHaveLength(1);
});
