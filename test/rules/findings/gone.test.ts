import { describe, expect, it } from 'vitest';
import type { PoolConfig } from '../../../src/model/configuration/config.ts';
import type { ActionJob } from '../../../src/model/decisions/action.ts';
import type { Rule } from '../../../src/model/decisions/rule.ts';
import type { EntryBody } from '../../../src/model/entries/entry.ts';
import type { LeaseView, Sweep } from '../../../src/model/readings/reading.ts';
import { judge } from '../../../src/rails/index.ts';
import { type FoldResult, foldEntry } from '../../../src/rules/fold-entry.ts';
import { HEALTHY, POLICY, POLL, poolOf, SILENT, sweepOf, tableOf } from '../../support/pool.ts';
import { expression, ruleSet, START, unwritable, type World, world } from '../../support/world.ts';

const ALL = { a: HEALTHY, b: HEALTHY, c: HEALTHY };
const FULL_TABLE = tableOf({ a: 100, b: 100, c: 100 });
const B_SILENT = { members: { ...ALL, b: SILENT }, table: FULL_TABLE };
/** What nodes see whose weir.yaml has no b. */
const WITHOUT_B = { members: { a: HEALTHY, c: HEALTHY }, table: tableOf({ a: 100, c: 100 }) };

function view(id: string, parts: Partial<LeaseView> = {}): LeaseView {
  const owner = 'rule:member-unwritable';
  return { id, member: 'b', weight: 0, base: 100, owner, until: START + 1_802_000, contested: false, ...parts };
}

/** b hangs and is drained; the drain is verified. */
function drained(rule: Rule = unwritable()): { w: World; id: string } {
  const w = world([rule], { pool: poolOf(['a', 'b', 'c']) });
  w.sweeps(0, { members: ALL, table: FULL_TABLE });
  w.sweeps(1_000, B_SILENT);
  w.sweeps(2_100, B_SILENT);
  const id = [...w.decisions.values()].find((one) => one.verdict === 'act')?.id ?? '';
  for (const node of ['a', 'b', 'c']) w.outcome(2_300, id, node);
  w.sweeps(3_000, { ...B_SILENT, table: tableOf({ a: 100, b: 0, c: 100 }), leases: [view(id)] });
  expect(w.decisions.get(id)?.state).toBe('verified');
  expect(w.state.leases[id]?.member).toBe('b');
  return { w, id };
}

/** The worker is started again, with another weir.yaml. */
function goOn(w: World, pool: PoolConfig, rules: readonly Rule[] = [unwritable()]) {
  const context = { pool, policy: { ...POLICY, blockMs: 0 }, poll: POLL, ruleSet: ruleSet(rules), judge };
  let sequence = 10_000;
  return (atMs: number, body: EntryBody): FoldResult => {
    sequence += 1;
    const result = foldEntry(context, w.state, { id: `${START + atMs}-${sequence}`, body }, w.decisions);
    w.state = result.state;
    for (const decision of result.records) w.decisions.set(decision.id, decision);
    return result;
  };
}

function nodes(fold: ReturnType<typeof goOn>, names: readonly string[], atMs: number, parts: Partial<Sweep>) {
  return names.map((name) => fold(atMs, sweepOf(name, START + atMs, parts)));
}

function endsOf(results: readonly FoldResult[]): [string, string][] {
  const jobs: ActionJob[] = results.flatMap((one) => one.jobs);
  return jobs.filter(({ action }) => action === 'restore').map(({ node, member }) => [node, member]);
}

describe('a member that is taken out of weir.yaml while it is found and held', () => {
  it('is found no more: people are told why, and nobody waits for it', () => {
    const { w } = drained();
    const fold = goOn(w, poolOf(['a', 'c']));
    const [first] = nodes(fold, ['a', 'c'], 60_000, WITHOUT_B);
    const resolved = first?.events.find((one) => one.type === 'finding' && one.change === 'resolved');
    expect(resolved).toMatchObject({ finding: { target: 'b' }, why: 'weir.yaml has no member b any more.' });
    expect(Object.keys(w.state.findings)).toEqual([]);
    expect(w.state.attempts).toEqual({});
    expect(w.state.loads.b).toBeUndefined();
  });

  it('is held no more: whoever has it in their weir.yaml reads that where it is desired, and nobody is given a job', () => {
    const { w, id } = drained();
    const fold = goOn(w, poolOf(['a', 'c']));
    const [first, second] = nodes(fold, ['a', 'c'], 60_000, { ...WITHOUT_B, leases: [view(id)] }) as [
      FoldResult,
      FoldResult,
    ];
    expect(w.state.leases).toEqual({});
    expect(w.state.ended[id]).toBe(START + 60_000);
    expect(first.desired).toMatchObject([{ id, endedAt: START + 60_000 }]);
    expect(second.desired).toEqual([]);
    expect(endsOf([first, second])).toEqual([]);
  });

  it('is to be given back by a node that goes on showing it: one whose weir.yaml has it still', () => {
    const { w, id } = drained();
    const fold = goOn(w, poolOf(['a', 'c']));
    nodes(fold, ['a', 'c'], 60_000, WITHOUT_B);
    const [showing] = nodes(fold, ['a'], 66_000, { ...WITHOUT_B, leases: [view(id)] }) as [FoldResult];
    expect(endsOf([showing])).toEqual([['a', 'b']]);
  });

  it('is no reason to refuse another one, six hours later', () => {
    const { w } = drained();
    const fold = goOn(w, poolOf(['a', 'c']));
    const end = 6 * 3_600_000;
    for (let at = 60_000; at <= end; at += 60_000) nodes(fold, ['a', 'c'], at, WITHOUT_B);
    const cSilent = { ...WITHOUT_B, members: { a: HEALTHY, c: SILENT } };
    const seen = [1_000, 2_100, 3_200].flatMap((more) => nodes(fold, ['a', 'c'], end + more, cSilent));
    const verdicts = seen.flatMap((one) => one.records).filter(({ target }) => target === 'c');
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['act']);
  });

  it('is held no more by a person either, also where only a node remembers that', () => {
    const w = world([], { pool: poolOf(['a', 'b', 'c']) });
    w.sweeps(0, { members: ALL, table: FULL_TABLE });
    const fold = goOn(w, poolOf(['a', 'c']), []);
    const lease = view('1-1.request.b', { owner: 'person:ann@x' });
    nodes(fold, ['a', 'c'], 1_000, { ...WITHOUT_B, leases: [lease] });
    expect(w.state.leases).toEqual({});
    expect(w.state.ended[lease.id]).toBe(START + 1_000);
  });

  it('waits for no answer: what is open and what waits for a yes is closed in words', () => {
    const w = world([unwritable()], { pool: poolOf(['a', 'b', 'c']) });
    w.sweeps(0, { members: ALL, table: FULL_TABLE });
    w.sweeps(1_000, B_SILENT);
    w.sweeps(2_100, B_SILENT);
    const open = Object.keys(w.state.open);
    expect(open).toHaveLength(1);
    const wish = { kind: 'request', pool: 'logs', action: 'drain', by: 'ann@x', force: true, ask: true } as const;
    w.fold(2_200, { ...wish, target: 'b' });
    const [waiting] = Object.keys(w.state.waiting);
    nodes(goOn(w, poolOf(['a', 'c'])), ['a', 'c'], 3_000, WITHOUT_B);
    expect([w.state.open, w.state.waiting]).toEqual([{}, {}]);
    expect(w.decisions.get(open[0] ?? '')).toMatchObject({
      state: 'failed',
      closing: 'weir.yaml has no member b any more.',
    });
    expect(w.decisions.get(waiting ?? '')).toMatchObject({
      state: 'void',
      closing: 'weir.yaml has no member b any more.',
    });
    expect(w.state.strikes.count).toBe(0);
  });
});

describe('a consumer that is found silent', () => {
  const silent: Rule = {
    ...unwritable(),
    name: 'consumer-silent',
    forEach: 'consumer',
    steps: [],
    brakes: ['drain'],
    when: expression((scope) => {
      const answering = scope.consumer?.answering;
      return answering === undefined ? undefined : answering === false;
    }),
    forMs: 0,
  };
  const pool = { ...poolOf(), consumers: { 'ls1:9600': 'http://ls1:9600' } };

  function found(): World {
    const w = world([silent], { pool });
    w.sweeps(1_000, { consumers: { 'ls1:9600': { answering: false } } });
    expect(w.state.findings['consumer-silent/ls1:9600']?.phase).toBe('firing');
    return w;
  }

  it('goes with it when it is taken out of weir.yaml', () => {
    const w = found();
    const [first] = nodes(goOn(w, poolOf(), [silent]), ['a'], 2_000, {});
    expect(first?.events).toMatchObject([
      { type: 'finding', change: 'resolved', why: 'weir.yaml has no consumer ls1:9600 any more.' },
    ]);
    expect(w.state.findings).toEqual({});
  });

  it('stays while weir.yaml has it and nobody hears of it: unknown is not gone', () => {
    const w = found();
    const fold = goOn(w, pool, [silent]);
    for (let at = 60_000; at < 6_000_000; at += 60_000) fold(at, sweepOf('a', START + at));
    expect(w.state.findings['consumer-silent/ls1:9600']?.phase).toBe('firing');
  });
});
