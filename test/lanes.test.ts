/** Every file of the lab stands in one lane, and a line of vitest's report is understood. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LANES, LONG, TRACKS } from '../scripts/lanes.mjs';
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
