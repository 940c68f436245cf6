/** keepalived acts before or beside Weir: what it does is no failure of an action, and what touched nothing costs nothing. */

import { describe, expect, it } from 'vitest';
import type { Decision } from '../../src/model/decisions/decision.ts';
import type { Request } from '../../src/model/entries/requests.ts';
import type { LeaseView } from '../../src/model/readings/reading.ts';
import { FROZEN, HEALTHY, POLICY, poolOf, SILENT, sweepOf, tableOf } from '../support/pool.ts';
import { START, unwritable, type World, world } from '../support/world.ts';

const GONE = { ...FROZEN, table: tableOf({ a: 100 }) };
const UNTIL = START + 1_800_000;

function lease(id: string, weight = 0, owner = 'rule:member-unwritable'): LeaseView {
  return { id, member: 'b', weight, base: 100, owner, until: UNTIL, contested: false };
}

function acts(w: World): Decision[] {
  return [...w.decisions.values()].filter(({ verdict }) => verdict === 'act');
}

/** b falls silent at 1 s; its drain is decided at 2.1 s. */
function drained(w: World): string {
  w.sweeps(0);
  w.sweeps(1_000, FROZEN);
  w.sweeps(2_100, FROZEN);
  return acts(w).at(-1)?.id ?? '';
}

function asked(w: World, parts: Pick<Request, 'action'> & Partial<Request>): string {
  const { records } = w.fold(100, { kind: 'request', pool: 'logs', target: 'b', by: 'ann', force: false, ...parts });
  return records[0]?.id ?? '';
}

describe('a row that keepalived has taken out', () => {
  it('shows a drain', () => {
    const w = world([unwritable()]);
    const id = drained(w);
    for (const node of ['a', 'b']) w.outcome(2_300, id, node);
    for (let at = 3_000; at < 12_000; at += 1_000) w.sweeps(at, { ...GONE, leases: [lease(id)] });
    expect(w.decisions.get(id)?.state).toBe('verified');
    expect(w.state.strikes.count).toBe(0);
    expect(Object.keys(w.state.leases)).toEqual([id]);
  });

  it('shows a drain to a pool whose node speaks of no lease yet, but not while the table is not known', () => {
    const w = world([]);
    w.sweeps(0);
    const id = asked(w, { action: 'drain' });
    for (const node of ['a', 'b']) w.outcome(200, id, node);
    const { table: _, ...blind } = sweepOf('a', START + 1_000);
    w.fold(1_000, blind);
    expect(w.decisions.get(id)?.state).toBe('open');
    w.sweeps(2_000, { table: tableOf({ a: 100 }) });
    expect(w.decisions.get(id)?.state).toBe('verified');
  });

  it('shows another weight where the node holds it in advance, and not else', () => {
    for (const [leases, state] of [
      [true, 'verified'],
      [false, 'open'],
    ] as const) {
      const w = world([]);
      w.sweeps(0);
      const id = asked(w, { action: 'set_weight', weight: 30 });
      for (const node of ['a', 'b']) w.outcome(200, id, node);
      w.sweeps(1_000, { table: tableOf({ a: 100 }), leases: leases ? [lease(id, 30, 'person:ann')] : [] });
      expect(w.decisions.get(id)?.state).toBe(state);
    }
  });

  it('does not show that weight was given, nor that clients were shed', () => {
    for (const action of ['restore', 'shed_clients'] as const) {
      const w = world([]);
      w.sweeps(0);
      const id = asked(w, { action });
      for (const node of ['a', 'b']) w.outcome(200, id, node);
      w.sweeps(1_000, { table: tableOf({ a: 100 }) });
      expect(w.decisions.get(id)?.state).toBe('open');
    }
  });
});

describe('a decision that touched nothing', () => {
  /** Each job is answered by `results`, and b stays as `sweep` has it. */
  function refused(w: World, untilMs: number, result: 'refused' | 'expired', sweep = FROZEN, fromMs = 3_000): void {
    for (let at = fromMs; at < untilMs; at += 1_000) {
      for (const id of Object.keys(w.state.open)) w.outcome(at, id, 'a', { result, detail: 'no' });
      w.sweeps(at, sweep);
    }
  }

  it.each(['refused', 'expired'] as const)(
    '%s: costs no budget and no strike, and is asked for again, ever more rarely',
    (result) => {
      const w = world([unwritable()]);
      drained(w);
      refused(w, 3_600_000, result);
      const times = acts(w).map(({ at }) => Math.round((at - START) / 1_000));
      const waits = times.slice(1).map((at, index) => at - (times[index] ?? 0));
      expect(waits.slice(0, 6)).toEqual([16, 31, 61, 121, 241, 481]);
      expect(waits.slice(6)).toEqual([901, 901]);
      expect(w.state.strikes.count).toBe(0);
      expect(acts(w).every(({ rails }) => rails.find(({ rail }) => rail === 'budget')?.pass)).toBe(true);
    },
  );

  it('is asked for at once when keepalived lists the member again', () => {
    const w = world([unwritable()]);
    drained(w);
    refused(w, 200_000, 'refused', GONE);
    const before = acts(w).length;
    w.sweeps(201_000, FROZEN);
    expect(acts(w)).toHaveLength(before + 1);
    refused(w, 210_000, 'refused', FROZEN, 202_000);
    expect(acts(w)).toHaveLength(before + 1);
  });

  it('takes no attempt from what fails, which is tried three times, whatever the budgets would allow', () => {
    const much = { max: 100, perMs: 3_600_000 };
    const budgets = { target: much, rule: much, kind: much, pool: much };
    const w = world([unwritable()], { policy: { ...POLICY, budgets } });
    drained(w);
    refused(w, 100_000, 'refused');
    const before = acts(w).length;
    for (let at = 100_000; at < 1_200_000; at += 1_000) {
      for (const id of Object.keys(w.state.open)) {
        w.outcome(at, id, 'a', { result: 'failed', detail: 'ipvsadm' });
        w.fold(at, { kind: 'ack', pool: 'logs', by: 'ann' });
      }
      w.sweeps(at, FROZEN);
    }
    expect(acts(w)).toHaveLength(before + 3);
  });

  it('costs as ever when a director has done its part, whenever that says so', () => {
    const first = world([unwritable()]);
    const one = drained(first);
    first.outcome(2_200, one, 'b');
    first.outcome(2_300, one, 'a', { result: 'refused', detail: 'no' });
    expect(first.state.acts).toMatchObject([{ decision: one }]);
    expect(first.state.acts[0]).not.toHaveProperty('untouched');

    const late = world([unwritable()]);
    const two = drained(late);
    late.outcome(2_300, two, 'a', { result: 'refused', detail: 'no' });
    expect(late.state.acts).toMatchObject([{ decision: two, untouched: true }]);
    late.outcome(2_400, two, 'b');
    expect(late.state.acts[0]).not.toHaveProperty('untouched');

    const learned = world([unwritable()]);
    const three = drained(learned);
    learned.outcome(2_300, three, 'a', { result: 'refused', detail: 'no' });
    const [act] = learned.state.acts;
    learned.sweeps(3_000, { ...FROZEN, acted: act === undefined ? [] : [act] });
    expect(learned.state.acts).toHaveLength(1);
    expect(learned.state.acts[0]).not.toHaveProperty('untouched');
    expect(learned.state.strikes.count).toBe(0);
  });
});

describe('a VIP that VRRP gives to another node than the plan had', () => {
  const MASTER = { state: 'MASTER', vip: true, nopreempt: true, handover: 0, priority: 254, adverts_received_rate: 5 };
  const BACKUP = { ...MASTER, state: 'BACKUP', vip: false, priority: 250 };

  /** The VIP is to go from a to b, and goes to c. */
  function moved(w: World, ask: () => void): Decision | undefined {
    const see = (atMs: number, master: string) => {
      for (const node of ['a', 'b', 'c']) {
        const director = { ...(node === master ? MASTER : BACKUP), priority: { a: 254, b: 250, c: 200 }[node] ?? 0 };
        const members = { a: atMs > 0 && master === 'a' ? SILENT : HEALTHY, b: HEALTHY, c: HEALTHY };
        w.fold(atMs, sweepOf(node, START + atMs, { director, members, table: tableOf({ a: 100, b: 100, c: 100 }) }));
      }
    };
    see(0, 'a');
    see(1_000, 'a');
    ask();
    see(2_100, 'a');
    const id = acts(w).at(-1)?.id ?? '';
    w.outcome(2_200, id, 'a', { member: 'a' });
    see(3_000, 'c');
    return w.decisions.get(id);
  }

  it('is where the rule wanted it: off the node', () => {
    const w = world([unwritable({ steps: [{ action: 'failover', leaseMs: 0 }] })], { pool: poolOf(['a', 'b', 'c']) });
    expect(moved(w, () => {})).toMatchObject({ state: 'verified', handover: { to: 'b' } });
  });

  it('is not where the person wanted it', () => {
    const w = world([], { pool: poolOf(['a', 'b', 'c']) });
    const asked = { kind: 'request', pool: 'logs', action: 'failover', target: 'a', by: 'ann', force: false } as const;
    expect(moved(w, () => void w.fold(1_100, asked))).toMatchObject({ state: 'open', handover: { to: 'b' } });
  });
});
