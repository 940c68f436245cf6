/** Every file of the lab stands in one lane, and a line of vitest's report is understood. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LANES, LONG, ON_A_SLOW_MACHINE, phasesOf, TRACKS } from '../scripts/lanes.mjs';
import { fileThatEnded } from '../scripts/test.mjs';

const ROOT = join(import.meta.dirname, '..');

const testFiles = (readdirSync(join(ROOT, 'test'), { recursive: true }) as string[])
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `test/${name}`);

it('every file of the lab stands in one lane, and nothing else does', () => {
  const inLab = testFiles.filter((name) => /^test\/(lab|faults|browser)\//.test(name));
  expect(Object.values(LANES).flatMap(Object.keys).sort()).toEqual(inLab.sort());
});

it('every lane, and the unit tests, run once', () => {
  expect(TRACKS.flatMap(({ lanes }) => lanes).sort()).toEqual(['unit', ...Object.keys(LANES)].sort());
});

it('the unit tests run beside the guests, and after them on a slow machine', () => {
  const [beside, ...nothing] = phasesOf(TRACKS, 60);
  expect([beside, nothing]).toEqual([TRACKS, []]);

  const [guests = [], unit = []] = phasesOf(TRACKS, 500);
  expect(unit.map(({ lanes }) => lanes)).toEqual([['unit']]);
  expect([...guests, ...unit]).toEqual(expect.arrayContaining([...TRACKS]));
});

it('what runs on a slow machine stands in a lane', () => {
  const inLanes = Object.values(LANES).flatMap(Object.keys);
  expect(ON_A_SLOW_MACHINE.filter((name) => !inLanes.includes(name))).toEqual([]);
});

it('the files that begin first are there', () => {
  expect(LONG.filter((name) => !testFiles.includes(name))).toEqual([]);
});

it.each([
  [' ✓  lab  test/lab/pools.test.ts (8 tests) 286980ms', 'test/lab/pools.test.ts'],
  [' ❯  lab  test/lab/lab.test.ts (6 tests | 1 failed | 4 skipped) 252286ms', 'test/lab/lab.test.ts'],
  [' ✓ |unit| test/rails/fence.test.ts (1 test) 4ms', 'test/rails/fence.test.ts'],
  ['     ✓ two pools share one VRRP instance  18619ms', undefined],
])('the line of a file that has ended: %s', (line, file) => {
  expect(fileThatEnded(line)).toBe(file);
});
