import { expect, it } from 'vitest';
import { compareSeverities, isSeverity, type Severity } from '../../src/model/severity.ts';

it('what wakes somebody up comes first', () => {
  const all: Severity[] = ['info', 'page', 'warn'];

  expect(all.sort(compareSeverities)).toEqual(['page', 'warn', 'info']);
});

it('a word that is no severity is found out', () => {
  expect(isSeverity('warn')).toBe(true);
  expect(isSeverity('critical')).toBe(false);
});
