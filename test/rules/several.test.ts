/** Several members in trouble at once, through the whole evaluation. */

import { expect, it } from 'vitest';
import { HEALTHY, poolOf, SILENT, tableOf } from '../support/pool.ts';
import { START, unwritable, world } from '../support/world.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const ALL = Object.fromEntries(NAMES.map((name) => [name, HEALTHY]));
const BAD = { ...ALL, b: SILENT, c: SILENT };

it('two hung members of five are both drained: neither serves anybody', () => {
  const w = world([unwritable()], { pool: poolOf(NAMES) });
  const table = tableOf(Object.fromEntries(NAMES.map((name) => [name, 100])));
  const acts = () => [...w.decisions.values()].filter(({ verdict }) => verdict === 'act');
  w.sweeps(0, { members: ALL, table });
  w.sweeps(1_000, { members: BAD, table });
  w.sweeps(2_100, { members: BAD, table });
  expect(acts().map(({ target }) => target)).toEqual(['b', 'c']);

  for (const { id, target } of acts()) for (const name of NAMES) w.outcome(2_300, id, name, { member: target });
  const leases = acts().map(({ id, target }) => ({
    ...{ id, member: target, weight: 0, base: 100, owner: 'rule:member-unwritable' },
    ...{ until: START + 1_802_100, contested: false },
  }));
  w.sweeps(3_000, { members: BAD, table: tableOf({ a: 100, b: 0, c: 0, d: 100, e: 100 }), leases });
  expect(acts().map(({ state }) => state)).toEqual(['verified', 'verified']);
  expect([...w.decisions.values()].filter(({ verdict }) => verdict === 'refuse')).toEqual([]);
});

it.each([
  ['five', NAMES, 'act'],
  ['three', ['a', 'b', 'c'], 'refuse'],
])('of %s, one hangs while a person has a healthy one out', (_, names, verdict) => {
  const w = world([unwritable()], { pool: poolOf(names) });
  const all = Object.fromEntries(names.map((name) => [name, HEALTHY]));
  const weights = Object.fromEntries(names.map((name) => [name, 100]));
  w.sweeps(0, { members: all, table: tableOf(weights) });
  const asked = { kind: 'request', pool: 'logs', action: 'drain', target: 'c', by: 'ann', force: false } as const;
  const id = w.fold(500, asked).records[0]?.id ?? '';
  for (const name of names) w.outcome(600, id, name, { member: 'c' });
  const lease = {
    id,
    member: 'c',
    weight: 0,
    base: 100,
    owner: 'person:ann',
    until: START + 3_600_000,
    contested: false,
  };
  const parts = { table: tableOf({ ...weights, c: 0 }), leases: [lease] };
  w.sweeps(1_000, { members: all, ...parts });
  w.sweeps(2_000, { members: { ...all, b: SILENT }, ...parts });
  w.sweeps(3_100, { members: { ...all, b: SILENT }, ...parts });
  expect([...w.decisions.values()].filter(({ target }) => target === 'b')).toMatchObject([{ verdict }]);
});
