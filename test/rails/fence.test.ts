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
