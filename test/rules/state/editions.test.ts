import { describe, expect, it } from 'vitest';
import type { Edition } from '../../../src/model/configuration/edition.ts';
import type { Mode } from '../../../src/model/configuration/mode.ts';
import { viewEditions } from '../../../src/rules/state/editions.ts';
import { FROZEN, HEALTHY, POLICY, poolOf, SILENT, sweepOf, tableOf } from '../../support/pool.ts';
import { START, unwritable, type World, world } from '../../support/world.ts';

const edition = (hash: string, mode: Mode = 'auto'): Edition => ({ hash, mode });
/** The worker that folds. */
const OWN = { worker: 'w1 (weir.yaml)', ...edition('one') };
const W2 = 'w2 (weir.yaml)';

function pool(parts: Parameters<typeof world>[1] = {}): World {
  return world([unwritable()], { edition: OWN, ...parts });
}

function says(w: World, atMs: number, what: Edition | undefined, worker = W2) {
  return w.fold(atMs, { kind: 'edition', pool: 'logs', worker, ...(what !== undefined && { edition: what }) });
}

function bFreezes(w: World, from: number, parts = {}): void {
  w.sweeps(from, { ...FROZEN, ...parts });
  w.sweeps(from + 1_100, { ...FROZEN, ...parts });
}

const verdicts = (w: World) => [...w.decisions.values()].map((one) => [one.verdict, one.rails.at(-1)?.sentence]);

describe('a worker with another weir.yaml', () => {
  it('settles the pool anew, once, and people hear whose it is', () => {
    const w = pool();
    w.sweeps(0);
    const { events } = says(w, 1_000, edition('two'));
    const reason = `weir.yaml of ${W2} is another one than before`;
    expect(events).toEqual([{ type: 'settling', reason, at: START + 1_000 }]);
    expect(w.state.settlesAt).toBe(START + 1_000 + POLICY.settleMs);
    for (let at = 2_000; at < 30_000; at += 1_000) expect(says(w, at, edition('two')).events).toEqual([]);
  });

  it('settles it as well where it is this one that was changed', () => {
    const w = pool();
    w.sweeps(0);
    const changed = world([unwritable()], { edition: { ...OWN, ...edition('two') } });
    changed.state = w.state;
    const [first] = [changed.sweeps(1_000)];
    expect(changed.state.settleReason).toBe(`weir.yaml of ${OWN.worker} is another one than before`);
    expect(first?.state.editions).toMatchObject({ [OWN.worker]: { hash: 'two' } });
  });

  it('settles it as well where the only worker stopped, was changed and started', () => {
    const w = pool();
    w.sweeps(0);
    says(w, 500, undefined, OWN.worker);
    const changed = world([unwritable()], { edition: { ...OWN, ...edition('two') } });
    changed.state = w.state;
    expect(changed.sweeps(600).state.settlesAt).toBe(START + 600 + POLICY.settleMs);
    const again = world([unwritable()], { edition: OWN });
    again.state = { ...w.state, editions: {} };
    expect(again.sweeps(600).state.settlesAt).toBe(START);
  });

  it('and the lowest mode: it holds until they agree', () => {
    const w = pool();
    w.sweeps(0);
    says(w, 100, edition('two', 'off'));
    bFreezes(w, 10_000);
    expect(verdicts(w)).toEqual([
      ['refuse', `Weir is off here: policy.mode is off in weir.yaml of ${W2}, which differs.`],
    ]);
    says(w, 12_000, edition('one'));
    bFreezes(w, 13_000);
    expect(verdicts(w).at(-1)?.[0]).toBe('act');
  });

  it('says whose mode it is also where the worker that decides has it itself', () => {
    const w = pool({ policy: { ...POLICY, mode: 'off' }, edition: { ...OWN, mode: 'off' } });
    w.sweeps(0);
    says(w, 100, edition('two'));
    bFreezes(w, 10_000);
    expect(verdicts(w)[0]?.[1]).toBe(
      `Weir is off here: policy.mode is off in weir.yaml of ${OWN.worker}, which differs.`,
    );
    w.fold(12_000, { kind: 'edition', pool: 'logs', worker: W2 });
    expect(viewEditions(w.state, START + 12_000).lowestOf).toEqual([]);
  });

  it.each<[string, number, Edition | undefined]>([
    ['is silent for a minute', 61_000, edition('one')],
    ['stops', 5_000, undefined],
  ])('does not count when it %s', (how, ms, last) => {
    const w = pool();
    w.sweeps(0);
    says(w, 100, edition('two', 'off'));
    if (how === 'stops') says(w, 200, last);
    w.sweeps(ms);
    expect(viewEditions(w.state, START + ms)).toMatchObject({ lowest: 'auto', differs: '' });
    bFreezes(w, ms + 9_000);
    expect(verdicts(w)[0]?.[0]).toBe('act');
  });

  it('counts for nothing in a replay, which has no edition', () => {
    const w = world([unwritable()]);
    w.sweeps(0);
    says(w, 100, edition('two', 'off'));
    expect(w.state.editions).toEqual({});
    bFreezes(w, 1_000, { edition: edition('two', 'off') });
    expect(verdicts(w)[0]?.[0]).toBe('act');
  });

  it('keeps what only its weir.yaml has: what is gone is forgotten when all agree', () => {
    const three = { a: HEALTHY, b: HEALTHY, c: SILENT };
    const w = pool({ pool: poolOf(['a', 'b', 'c']) });
    const table = tableOf({ a: 100, b: 100, c: 100 });
    w.sweeps(0, { members: { ...three, c: HEALTHY }, table });
    w.sweeps(1_000, { members: three, table });
    w.sweeps(2_100, { members: three, table });
    expect(w.state.findings['member-unwritable/c']?.phase).toBe('firing');
    // c is taken out of the weir.yaml of w2, which folds from now on; w1 runs on with the old one.
    const other = world([unwritable()], { pool: poolOf(['a', 'b']), edition: { ...OWN, worker: W2, hash: 'two' } });
    other.state = w.state;
    other.sweeps(3_000);
    expect(other.state.findings['member-unwritable/c']?.phase).toBe('firing');
    says(other, 4_000, edition('two'), OWN.worker);
    expect(other.state.findings['member-unwritable/c']?.phase).toBe('firing');
    other.sweeps(19_900);
    says(other, 20_000, edition('two'), OWN.worker);
    expect(other.state.findings).toEqual({});
  });
});

describe('a node with another weir.yaml', () => {
  it('is named, does not settle the pool, and its mode holds', () => {
    const w = pool();
    w.fold(0, sweepOf('a', START, { edition: edition('one') }));
    w.fold(0, sweepOf('b', START, { edition: edition('two', 'shadow') }));
    expect(w.state.settlesAt).toBe(START);
    const view = viewEditions(w.state, START + 1_000);
    expect(view.differs).toBe(`a, ${OWN.worker} have one; b has another`);
    expect([view.lowest, view.lowestOf]).toEqual(['shadow', ['b']]);
    expect(viewEditions(w.state, START + 16_000).isWhole).toBe(true);
    w.fold(1_000, sweepOf('a', START + 1_000, { ...FROZEN, edition: edition('one') }));
    w.fold(1_000, sweepOf('b', START + 1_000, { ...FROZEN, edition: edition('two', 'shadow') }));
    w.fold(2_100, sweepOf('a', START + 2_100, { ...FROZEN, edition: edition('one') }));
    w.fold(2_100, sweepOf('b', START + 2_100, { ...FROZEN, edition: edition('two', 'shadow') }));
    expect(verdicts(w).map(([verdict]) => verdict)).toEqual(['shadow']);
  });

  it('of an older Weir says nothing: nobody knows, which is told where others differ', () => {
    const w = pool();
    w.fold(0, sweepOf('a', START));
    expect(viewEditions(w.state, START).differs).toBe('');
    w.fold(0, sweepOf('b', START, { edition: edition('two') }));
    expect(viewEditions(w.state, START).differs).toBe(
      `b has one; ${OWN.worker} has another; of a nobody knows (an older Weir)`,
    );
  });
});
