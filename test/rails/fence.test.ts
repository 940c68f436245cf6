import { expect, it } from 'vitest';
import { fence } from '../../src/rails/fence.ts';

it.each([
  ['17-1', undefined, true],
  ['17-1', '17-1', true],
  ['17-10', '17-9', true],
  ['17-9', '17-10', false],
  ['9-5', '10-0', false],
])('entry %s after %s: %s', (entryId, highest, pass) => {
  expect(fence({ entryId, highest }).pass).toBe(pass);
});

it.each([
  ['105000-0', 100_000, true],
  ['105001-0', 100_000, false],
  ['9007199254740991-0', 100_000, false],
  ['9007199254740991-0', undefined, true],
])('entry %s at %s: %s', (entryId, now, pass) => {
  expect(fence({ entryId, now }).pass).toBe(pass);
});
