/** Two workers by turns, one of whose weir.yaml has member c and the other's has not. */

import { describe, expect, it } from 'vitest';
import type { PoolConfig } from '../../src/model/configuration/config.ts';
import type { Edition } from '../../src/model/configuration/edition.ts';
import type { ExtraSignal } from '../../src/model/decisions/rule.ts';
import type { EntryBody } from '../../src/model/entries/entry.ts';
import type { LeaseView } from '../../src/model/readings/reading.ts';
import type { FoldResult } from '../../src/rules/fold-entry.ts';
import { initialState, lookAgain, type PoolState, resettle } from '../../src/rules/state/state.ts';
import { HEALTHY, poolOf, SILENT, sweepOf, tableOf } from '../support/pool.ts';
import { ruleSet, START, unwritable, type World, world } from '../support/world.ts';

const MEMBERS = { a: HEALTHY, b: HEALTHY, c: HEALTHY };
const C_SILENT = { members: { ...MEMBERS, c: SILENT } };
const TABLE = tableOf({ a: 100, b: 100, c: 100 });
const NODES = ['a', 'b', 'c'];

interface Worker {
  readonly name: string;
  readonly edition: Edition;
  readonly w: World;
}

const EXTRA: ExtraSignal[] = [
  { name: 'inflow_max', kind: 'member', of: 'inflow_rate', measure: 'max', overMs: 10_000 },
];

function workerOf(name: string, hash: string, pool: PoolConfig, isMeasuring: boolean): Worker {
  const edition: Edition = { hash, mode: 'auto' };
  const rules = ruleSet([unwritable()]);
  const parts = { pool, edition: { worker: name, ...edition }, ruleSet: { ...rules, extra: isMeasuring ? EXTRA : [] } };
  return { name, edition, w: world([unwritable()], parts) };
}

/** Both of them; whoever folds has the state that the other has left. Neither says that the pool settles. */
function pair(isMeasuring = false) {
  const knows = workerOf('w1 (weir.yaml)', 'abc', poolOf(NODES), isMeasuring);
  const knowsNot = workerOf('w2 (weir.yaml)', 'ab', poolOf(['a', 'b']), isMeasuring);
  const decisions = knows.w.decisions;
  let last = knows;
  const turn = (worker: Worker) => {
    if (worker !== last) worker.w.state = { ...last.w.state, settlesAt: START };
    for (const [id, one] of last.w.decisions) worker.w.decisions.set(id, one);
    last = worker;
    return worker.w;
  };
  return {
    ...{ knows, knowsNot, decisions },
    state: () => last.w.state,
    set: (state: PoolState) => {
      last.w.state = state;
    },
    fold: (by: Worker, atMs: number, body: EntryBody) => turn(by).fold(atMs, body),
    /** Sweeps of all three nodes. */
    sweeps(by: Worker, atMs: number, parts: Parameters<typeof sweepOf>[2] = {}): FoldResult {
      let result: FoldResult | undefined;
      for (const node of NODES) {
        result = turn(by).fold(atMs, sweepOf(node, START + atMs, { members: MEMBERS, table: TABLE, ...parts }));
      }
      return result as FoldResult;
    },
    says: (by: Worker, atMs: number, who: Worker, isOver = false) =>
      turn(by).fold(atMs, {
        kind: 'edition',
        pool: 'logs',
        worker: who.name,
        ...(!isOver && { edition: who.edition }),
      }),
  };
}

type Pair = ReturnType<typeof pair>;

function leaseOn(id: string, until = START + 1_802_000): LeaseView {
  return { id, member: 'c', weight: 0, base: 100, owner: 'rule:member-unwritable', until, contested: false };
}

/** c hangs, w1 drains it, its sweeps show it; both workers have said what they have. */
function drained(p: Pair): { id: string; out: Parameters<typeof sweepOf>[2] } {
  p.sweeps(p.knows, 0);
  p.says(p.knows, 100, p.knowsNot);
  p.set({ ...p.state(), settlesAt: START });
  p.sweeps(p.knows, 1_000, C_SILENT);
  const { jobs } = p.sweeps(p.knows, 2_100, C_SILENT);
  const id = p.knows.w.decisions.values().next().value?.id ?? '';
  expect([jobs.length, id]).not.toEqual([0, '']);
  for (const node of NODES) {
    p.fold(p.knows, 2_300, {
      ...{ kind: 'outcome', pool: 'logs', decision: id, node, member: 'c', at: START + 2_300 },
      ...{ result: 'applied', detail: 'c is at weight 0.' },
    });
  }
  const out = { ...C_SILENT, table: tableOf({ a: 100, b: 100, c: 0 }), leases: [leaseOn(id)] };
  p.sweeps(p.knows, 3_000, out);
  expect(p.knows.w.decisions.get(id)?.state).toBe('verified');
  return { id, out };
}

/** What stands of c in the state. */
function ofC(p: Pair, id: string) {
  const { leases, findings, ended } = p.state();
  return [leases[id]?.member, findings['member-unwritable/c']?.phase, ended[id]];
}

const STANDS = ['c', 'firing', undefined];

describe('a member that is drained, and that one of two workers does not know', () => {
  it('stays out while they evaluate by turns', () => {
    const p = pair();
    const { id, out } = drained(p);
    for (let at = 4_000; at < 120_000; at += 1_000) {
      const by = (at / 1_000) % 2 === 0 ? p.knows : p.knowsNot;
      p.says(by, at - 500, by);
      p.sweeps(by, at, out);
    }
    expect(ofC(p, id)).toEqual(STANDS);
  });

  it('stays out while the one that knows it is started again: who stops is away for a moment', () => {
    const p = pair();
    const { id, out } = drained(p);
    p.says(p.knowsNot, 4_000, p.knows, true);
    for (let at = 5_000; at < 50_000; at += 1_000) p.sweeps(p.knowsNot, at, out);
    expect(ofC(p, id)).toEqual(STANDS);
    p.says(p.knowsNot, 50_000, p.knows);
    p.sweeps(p.knowsNot, 51_000, out);
    expect(ofC(p, id)).toEqual(STANDS);
  });

  it('is let go of a minute after the one that knows it has stopped for good', () => {
    const p = pair();
    const { id, out } = drained(p);
    p.says(p.knowsNot, 4_000, p.knows, true);
    for (let at = 5_000; at < 70_000; at += 1_000) p.sweeps(p.knowsNot, at, out);
    expect(ofC(p, id)).toEqual([undefined, undefined, expect.any(Number)]);
  });

  it('stays out after a gap in which nobody could say what it has, whoever evaluates first', () => {
    const p = pair();
    const { id, out } = drained(p);
    const now = START + 180_000;
    p.set({ ...lookAgain(resettle(p.state(), now, 0, 'The evaluation has a gap'), now), cursor: `${now}-0` });
    p.sweeps(p.knowsNot, 181_000, out);
    expect(ofC(p, id)).toEqual(STANDS);
    p.says(p.knowsNot, 190_000, p.knows);
    for (let at = 191_000; at < 240_000; at += 1_000) {
      if (at % 10_000 === 0) p.says(p.knowsNot, at - 1, p.knows);
      p.sweeps(p.knowsNot, at, out);
    }
    expect(ofC(p, id)).toEqual(STANDS);
  });

  it('stays out where the broker has lost its memory: what nodes hold of it is taken for what it is', () => {
    const p = pair();
    const { id, out } = drained(p);
    const rules = ruleSet([unwritable()]);
    const now = START + 10_000;
    p.set(initialState({ cursor: `${now}-0`, now, settleMs: 0, reason: 'lost', ruleSet: rules, brokerRunId: 'r2' }));
    p.sweeps(p.knowsNot, 11_000, { ...out, leases: [{ ...leaseOn(id), owner: 'person:ann' }] });
    p.says(p.knowsNot, 12_000, p.knows);
    for (let at = 13_000; at < 40_000; at += 1_000) {
      if (at % 10_000 === 0) p.says(p.knowsNot, at - 1, p.knows);
      p.sweeps(p.knowsNot, at, { ...out, leases: [{ ...leaseOn(id), owner: 'person:ann' }] });
    }
    const { leases, ended } = p.state();
    expect([leases[id]?.member, ended[id]]).toEqual(['c', undefined]);
  });

  it('is verified also where the sweep that shows it is folded by the one that does not know it', () => {
    const p = pair();
    p.sweeps(p.knows, 0);
    p.says(p.knows, 100, p.knowsNot);
    p.set({ ...p.state(), settlesAt: START });
    p.sweeps(p.knows, 1_000, C_SILENT);
    p.sweeps(p.knows, 2_100, C_SILENT);
    const id = p.knows.w.decisions.values().next().value?.id ?? '';
    for (const node of NODES) {
      p.fold(p.knowsNot, 2_300, {
        ...{ kind: 'outcome', pool: 'logs', decision: id, node, member: 'c', at: START + 2_300 },
        ...{ result: 'applied', detail: 'c is at weight 0.' },
      });
    }
    for (let at = 3_000; at < 12_000; at += 1_000) {
      p.sweeps(p.knowsNot, at, { ...C_SILENT, table: tableOf({ a: 100, b: 100, c: 0 }), leases: [leaseOn(id)] });
    }
    expect(p.knowsNot.w.decisions.get(id)?.state).toBe('verified');
  });
});

it('a person who asks for what the one that evaluates does not know is told so, and that files differ', () => {
  const p = pair();
  p.sweeps(p.knows, 0);
  p.says(p.knows, 100, p.knowsNot);
  p.sweeps(p.knowsNot, 1_000);
  const request = { kind: 'request', pool: 'logs', action: 'drain', target: 'c', by: 'ann', force: false } as const;
  const { records } = p.fold(p.knowsNot, 1_100, request);
  expect(records[0]?.rails.at(-1)?.sentence).toBe(
    'Pool logs has no member c; it has a, b. That is by the weir.yaml of one worker, and they differ: ' +
      'w1 (weir.yaml) has one; w2 (weir.yaml) has another; of a, b, c nobody knows (an older Weir).',
  );
  expect(p.fold(p.knows, 1_200, request).records[0]?.verdict).toBe('act');
});

describe('a person who gives back what is held of the one that the one that evaluates does not know', () => {
  const asked = { kind: 'request', pool: 'logs', action: 'restore', target: 'c', by: 'ann', force: false } as const;
  const applied = (p: Pair, by: Worker, atMs: number, decision: string, node: string) =>
    p.fold(by, atMs, {
      ...{ kind: 'outcome', pool: 'logs', decision, node, member: 'c', at: START + atMs },
      ...{ result: 'applied', detail: 'c is at weight 100.' },
    });

  it('is heard: every node that is heard gets the job, and it is done when the table shows it', () => {
    const p = pair();
    const { id, out } = drained(p);
    p.sweeps(p.knowsNot, 4_000, out);
    const { records, jobs } = p.fold(p.knowsNot, 4_100, asked);
    expect(records[0]).toMatchObject({ verdict: 'act' });
    expect(records[0]?.rails.at(-1)?.sentence).toBe(
      'Pool logs has no member c; it has a, b. What the pool holds of it may be given back.',
    );
    expect(jobs.map(({ action, node, member }) => [action, node, member])).toEqual(
      NODES.map((node) => ['restore', node, 'c']),
    );
    const restore = records[0]?.id ?? '';
    for (const node of NODES) applied(p, p.knowsNot, 4_200, restore, node);
    p.sweeps(p.knowsNot, 5_000, { ...C_SILENT, table: TABLE });
    expect(p.decisions.get(restore) ?? p.knowsNot.w.decisions.get(restore)).toMatchObject({ state: 'verified' });
    expect([p.state().leases[id], p.state().ended[id]]).toEqual([undefined, expect.any(Number)]);
  });

  it.each(['knows', 'knowsNot'] as const)(
    'is heard where the MASTER has no such member in its weir.yaml: it is done when no node shows a lease of it (%s)',
    (who) => {
      const p = pair();
      const by = p[who];
      const { id, out } = drained(p);
      p.sweeps(by, 4_000, out);
      const restore = p.fold(by, 4_100, asked).records[0]?.id ?? '';
      for (const node of NODES) applied(p, by, 4_200, restore, node);
      const sweep = (atMs: number, node: string, leases: LeaseView[]) =>
        p.fold(
          by,
          atMs,
          sweepOf(node, START + atMs, {
            ...{ members: MEMBERS, leases },
            ...(node === 'a'
              ? { table: tableOf({ a: 100, b: 100 }), edition: p.knowsNot.edition }
              : { table: TABLE, edition: p.knows.edition }),
          }),
        );
      for (const node of NODES) sweep(5_000, node, node === 'c' ? [leaseOn(id)] : []);
      expect(p.state().open[restore]).toBeDefined();
      for (const node of NODES) sweep(6_000, node, []);
      expect(by.w.decisions.get(restore)).toMatchObject({ state: 'verified' });
      expect(p.state().leases[id]).toBeUndefined();
    },
  );

  it('is heard while the drain is under way, and of anything else and anybody else only the restore', () => {
    const p = pair();
    p.sweeps(p.knows, 0);
    p.says(p.knows, 100, p.knowsNot);
    p.set({ ...p.state(), settlesAt: START });
    p.sweeps(p.knows, 1_000, C_SILENT);
    const refusedNow = p.fold(p.knowsNot, 1_500, asked).records[0];
    expect(refusedNow?.rails.at(-1)).toMatchObject({ rail: 'blast radius', pass: false });
    expect(p.sweeps(p.knows, 2_100, C_SILENT).jobs).not.toEqual([]);
    const verdicts = (['restore', 'drain', 'set_weight'] as const).map(
      (action) => p.fold(p.knowsNot, 2_200, { ...asked, action, force: true }).records[0]?.verdict,
    );
    expect(verdicts).toEqual(['act', 'refuse', 'refuse']);
    expect(p.fold(p.knowsNot, 2_300, { ...asked, target: 'z' }).records[0]?.verdict).toBe('refuse');
  });
});

it('what is measured of a member over a time goes on while the one that does not know it evaluates', () => {
  const p = pair(true);
  p.sweeps(p.knows, 0);
  p.says(p.knows, 100, p.knowsNot);
  const [key = ''] = Object.keys(p.state().series).filter((one) => one.endsWith('/c'));
  for (let at = 1_000; at < 12_000; at += 1_000) {
    p.sweeps(p.knows, at);
    p.sweeps(p.knowsNot, at + 500);
  }
  expect(p.state().series[key]?.length).toBeGreaterThan(5);
});
