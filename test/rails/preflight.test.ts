import { expect, it } from 'vitest';
import { preflight } from '../../src/rails/preflight.ts';

const table = (a: number, b: number | undefined) => ({
  a: { listed: true, weight: a, activeConnections: 0, inactiveConnections: 0 },
  b: { listed: b !== undefined, weight: b ?? 0, activeConnections: 0, inactiveConnections: 0 },
});

it.each([
  ['drain', 0, table(100, 100), ['a', 'b'], true],
  ['drain', 0, table(100, 100), ['b'], false],
  ['drain', 0, table(0, 100), ['a', 'b'], false],
  ['drain', 0, table(100, undefined), ['a'], true],
  ['drain', 0, table(100, undefined), [], false],
  ['drain', 0, table(0, undefined), ['a', 'b'], false],
  ['set_weight', 30, table(100, undefined), ['a'], true],
  ['set_weight', 30, table(0, undefined), ['b'], false],
  ['shed_clients', 100, table(100, undefined), ['a', 'b'], false],
  ['set_weight', 30, table(0, 100), ['b'], true],
  ['set_weight', 30, table(0, 100), [], false],
  ['set_weight', 0, table(0, 100), ['b'], false],
  ['shed_clients', 100, table(100, 100), ['a'], true],
  ['shed_clients', 100, table(100, 100), [], false],
  ['restore', 100, table(0, undefined), [], true],
] as const)('%s of b to %i: case %#', (action, weight, seen, writable, pass) => {
  const verdict = preflight({ action, member: 'b', weight, table: seen, writable: new Set(writable) });
  expect(verdict.pass).toBe(pass);
  expect(verdict.sentence).toMatch(/\.$/);
});

it('what was decided on a member that could not be written is not done to one that can', () => {
  const facts = { action: 'drain', member: 'b', weight: 0, table: table(100, 100), wasUnwritable: true } as const;

  expect(preflight({ ...facts, writable: new Set(['a', 'b']) })).toMatchObject({
    pass: false,
    sentence: 'b can be written again: what this was decided for is over.',
  });
  expect(preflight({ ...facts, writable: new Set(['a']) }).pass).toBe(true);
});
