/** What must hold for any rules and any readings: of the pack that ships, over pools that fast-check makes up. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rule, Scope } from '../../src/model/decisions/rule.ts';
import type { Sweep } from '../../src/model/readings/reading.ts';
import { SIGNALS, type Signals, type SignalValue, type TargetKind } from '../../src/model/readings/signals.ts';
import { checkRules, loadRules } from '../../src/rules/files/load.ts';
import type { FoldResult } from '../../src/rules/fold-entry.ts';
import { HEALTHY, poolOf, sweepOf, tableOf } from '../support/pool.ts';
import { expression, unwritable, type World, world } from '../support/world.ts';

const { rules } = await loadRules(['rules']);

const VALUES: Readonly<Record<string, fc.Arbitrary<SignalValue>>> = {
  bool: fc.boolean(),
  string: fc.constantFrom('', 'MASTER', 'BACKUP', 'FAULT', 'oom', 'none', 'OK', 'DUAL', 'NO_MASTER', 'a', 'b'),
  double: fc.oneof(fc.constantFrom(0, 0.05, 0.9, 1, 2, 100, 899, 3_600), fc.double({ min: 0, max: 1e9, noNaN: true })),
};

/** Some or all signals of a kind; `known`: how likely each is there, in percent. */
function signalsOf(kind: TargetKind, known: number): fc.Arbitrary<Signals> {
  const one = ([name, { type }]: [string, { type: string }]) =>
    fc
      .tuple(fc.integer({ min: 1, max: 100 }), VALUES[type] as fc.Arbitrary<SignalValue>)
      .map(([chance, value]): [string, SignalValue][] => (chance <= known ? [[name, value]] : []));
  return fc.tuple(...Object.entries(SIGNALS[kind]).map(one)).map((all) => Object.fromEntries(all.flat()));
}

const MEMBERS = ['a', 'b', 'c'];

function sweepParts(known: number): fc.Arbitrary<Partial<Sweep>> {
  return fc
    .record({
      members: fc.tuple(...MEMBERS.map(() => signalsOf('member', known))),
      director: signalsOf('director', known),
      consumer: signalsOf('consumer', known),
      weights: fc.tuple(...MEMBERS.map(() => fc.constantFrom(0, 100))),
    })
    .map(({ members, director, consumer, weights }) => ({
      members: Object.fromEntries(MEMBERS.map((name, i) => [name, members[i] as Signals])),
      director,
      consumers: { 'stash:9600': consumer },
      table: tableOf(Object.fromEntries(MEMBERS.map((name, i) => [name, weights[i] as number]))),
    }));
}

/** A second each, of which a node or two are heard; some are held for a while, so that `for` passes. */
function story(known: number): fc.Arbitrary<{ node: string; parts: Partial<Sweep>; lasts: number }[]> {
  const scene = fc.record({
    node: fc.constantFrom('a', 'b'),
    parts: sweepParts(known),
    lasts: fc.constantFrom(1, 3, 40),
  });
  return fc.array(scene, { minLength: 1, maxLength: 5 });
}

type Scenes = readonly { node: string; parts: Partial<Sweep>; lasts: number }[];

function tell(ordered: readonly Rule[], scenes: Scenes): World {
  const w = world(ordered);
  for (const _ of telling(w, scenes));
  return w;
}

/** Second by second, with what the steps of that second gave. Nobody keeps that: each result holds a whole state. */
function* telling(w: World, scenes: Scenes): Generator<FoldResult[]> {
  let at = 6_000;
  for (const { node, parts, lasts } of scenes) {
    for (let second = 0; second < lasts; second += 1) {
      at += 1_000;
      const others = ['a', 'b'].filter((one) => one !== node);
      for (const other of others) w.fold(at, sweepOf(other, at + 1_000_000, { members: parts.members ?? {} }));
      w.fold(at, sweepOf(node, at + 1_000_000, parts));
      yield w.results.splice(0);
    }
  }
}

/** An `expect` for each of some ten thousand steps would cost more than they do. */
function sameBytes(one: readonly FoldResult[], other: readonly FoldResult[]): void {
  const [first, second] = [JSON.stringify(one), JSON.stringify(other)];
  if (first !== second) expect(first).toBe(second);
}

/** Without the order of keys and of what happened in one entry. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([x], [y]) => (x < y ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}

function outcomeOf({ state, decisions }: World): unknown {
  const { ruleSetHash: _, ...rest } = state;
  return canonical({ rest, decisions: Object.fromEntries(decisions) });
}

describe('the evaluation', () => {
  it('of the same entries gives the same bytes', () => {
    fc.assert(
      fc.property(story(90), (scenes) => {
        const again = telling(world(rules), scenes);
        for (const results of telling(world(rules), scenes)) {
          const { value } = again.next();
          sameBytes(results, value ?? []);
        }
      }),
      { numRuns: 60 },
    );
  }, 300_000);

  it('does not depend on which readings are the same objects as before', () => {
    fc.assert(
      fc.property(story(95), (scenes) => {
        const [live, stored] = [world(rules), world(rules)];
        let at = 6_000;
        for (const { node, parts, lasts } of scenes) {
          for (let second = 0; second < lasts; second += 1) {
            at += 1_000;
            const sweep = sweepOf(node, at + 1_000_000, parts);
            stored.state = structuredClone(stored.state);
            stored.fold(at, structuredClone(sweep));
            live.fold(at, sweep);
            sameBytes(live.results.splice(0), stored.results.splice(0));
          }
        }
      }),
      { numRuns: 60 },
    );
  }, 300_000);

  it('sees a peer, the pool and each target by itself change, though a reading is the same object', () => {
    const text = `version: 1
rules:
  - {name: own, for_each: member, when: member.full}
  - {name: peer, for_each: member, when: 'member.full && peers.exists(p, p.full)'}
  - {name: all, for_each: member, when: 'member.full && pool.full_members > 1'}
`;
    const { ruleSet } = checkRules([{ file: 'x.yaml', text }]);
    const w = world(ruleSet?.rules ?? []);
    const [full, room] = [
      { ...HEALTHY, full: true },
      { ...HEALTHY, full: false },
    ];
    const firing = () => Object.keys(w.state.findings).sort();
    const sweep = sweepOf('a', 1_006_000, { members: { a: full } });
    w.fold(6_000, sweep);
    w.fold(6_100, sweepOf('b', 1_006_100, { members: { b: room } }));
    expect(firing()).toEqual(['own/a']);
    w.fold(6_200, sweepOf('b', 1_006_200, { members: { b: { ...full } } }));
    expect(firing()).toEqual(['all/a', 'all/b', 'own/a', 'own/b', 'peer/a', 'peer/b']);
    w.fold(6_300, sweepOf('b', 1_006_300, { members: { b: { ...room } } }));
    expect(firing()).toEqual(['own/a']);
  });

  it('does not depend on the order of the rules', () => {
    let decided = 0;
    const shuffled = fc.shuffledSubarray([...rules], { minLength: rules.length });
    fc.assert(
      fc.property(story(95), shuffled, (scenes, order) => {
        const seen = tell(rules, scenes);
        decided += seen.decisions.size;
        expect(outcomeOf(tell(order, scenes))).toEqual(outcomeOf(seen));
      }),
      { numRuns: 100 },
    );
    expect(decided).toBeGreaterThan(10);
  }, 300_000);

  it('lets the most urgent rule act first, in whatever order they stand', () => {
    const on = (name: string, target: string, severity: Rule['severity']): Rule =>
      unwritable({
        ...{ name, severity, forMs: 0 },
        when: expression(({ member }) => member?.role === target, [{ root: 'member', signal: 'role' }]),
      });
    const three = [on('minor', 'a', 'warn'), on('worse', 'b', 'page'), on('zealous', 'c', 'page')];
    const members = Object.fromEntries(MEMBERS.map((name) => [name, { ...HEALTHY, role: name }]));
    const table = tableOf(Object.fromEntries(MEMBERS.map((name) => [name, 100])));
    const context = { pool: poolOf(MEMBERS) };
    fc.assert(
      fc.property(fc.shuffledSubarray(three, { minLength: three.length }), (order) => {
        const w = world(order, context);
        w.sweeps(0, { members, table });
        w.sweeps(1_000, { members, table });
        const acted = [...w.decisions.values()].filter(({ verdict }) => verdict === 'act');
        expect(acted.map(({ rule }) => rule)).toEqual(['worse']);
      }),
    );
  });

  it('fires nothing that it does not know to be true', () => {
    let fired = 0;
    fc.assert(
      fc.property(story(60), (scenes) => {
        for (const results of telling(world(rules), scenes)) {
          for (const event of results.flatMap(({ events }) => events)) {
            if (event.type !== 'finding' || event.change !== 'fired') continue;
            fired += 1;
            expect(event.finding.unknownSince).toBeUndefined();
          }
        }
      }),
      { numRuns: 60 },
    );
    expect(fired).toBeGreaterThan(10);
  }, 300_000);

  it('knows nothing of what nobody has read', () => {
    const silent = [{ node: 'a', parts: { members: {}, director: {}, consumers: {}, table: {} }, lasts: 200 }];
    const w = world(rules.filter(({ forEach }) => forEach !== 'pool'));
    for (const { parts, lasts } of silent) {
      for (let at = 6_000; at < 6_000 + lasts * 1_000; at += 1_000) {
        for (const node of ['a', 'b']) w.fold(at, sweepOf(node, at + 1_000_000, parts));
      }
    }
    expect(Object.values(w.state.findings).filter(({ phase }) => phase === 'firing')).toEqual([]);
    expect(w.decisions.size).toBe(0);
  });
});

/** What one target of the rule sees. */
function scopes(rule: Rule, known: number): fc.Arbitrary<Scope> {
  const { forEach } = rule;
  const own = forEach === 'pool' ? {} : { [forEach]: signalsOf(forEach, known) };
  const peers = forEach === 'pool' ? {} : { peers: fc.array(signalsOf(forEach, known), { maxLength: 2 }) };
  return fc.record({ pool: signalsOf('pool', known), ...own, ...peers }) as unknown as fc.Arbitrary<Scope>;
}

function completed(partial: Signals, more: Signals): Signals {
  return { ...more, ...partial };
}

describe.each(rules.map((rule) => [rule.name, rule] as const))('what %s knows', (_, rule) => {
  it('stays so whatever the missing signals turn out to be', () => {
    const conditions = [rule.when, ...(rule.clearWhen === undefined ? [] : [rule.clearWhen])];
    const all = scopes(rule, 100);
    fc.assert(
      fc.property(scopes(rule, 70), all, all, (partial, first, second) => {
        for (const condition of conditions) {
          const truth = condition.evaluate(partial);
          if (truth === undefined) continue;
          for (const whole of [first, second]) {
            const scope = {
              pool: completed(partial.pool, whole.pool),
              ...(rule.forEach !== 'pool' && {
                [rule.forEach]: completed(partial[rule.forEach] ?? {}, whole[rule.forEach] ?? {}),
                peers: (partial.peers ?? []).map((peer) => completed(peer, whole[rule.forEach as 'member'] ?? {})),
              }),
            };
            expect(condition.evaluate(scope)).toBe(truth);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
