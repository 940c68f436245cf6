/** The collection of attacks is whole: `npm run attacks` makes them. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HOST_ATTACKS, POOL_ATTACKS } from '../../lab/attacks/catalogue/index.ts';
import { FINDINGS } from '../../lab/attacks/findings.ts';
import { isBreached, type Made, withTable } from '../../lab/attacks/table.ts';

const all = [...HOST_ATTACKS, ...POOL_ATTACKS];
const ids = Object.keys(FINDINGS);

it('there are the five high, ten medium and thirteen low findings, and what held', () => {
  const numbered = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
  const held = ['http', 'xss', 'slack', 'mail and webhooks', 'broker', 'node', 'yaml and cel', 'files'];
  expect(ids).toEqual([
    ...[...numbered('H', 5), ...numbered('M', 10), ...numbered('L', 13)],
    ...held.map((one) => `held: ${one}`),
  ]);
});

it('each has an attack that is made again', () => {
  expect(ids.filter((id) => !all.some(({ of }) => of === id))).toEqual([]);
  expect(new Set(all.map(({ tries }) => tries)).size).toBe(all.length);
});

it('what is forged goes through every mode of seals', () => {
  expect([...new Set(POOL_ATTACKS.filter(({ of }) => of === 'H5').map(({ mode }) => mode))]).toEqual([
    'off',
    'accept',
    'require',
  ]);
});

it('docs/attacks.md has what came of each', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/attacks.md'), 'utf8');
  for (const { of, tries } of all) expect(text, tries).toContain(`| ${of} | ${tries.replaceAll('<', '&lt;')} |`);
  expect(text).not.toContain('SUCCEEDED');
});

describe('what came of them', () => {
  const one = (came: Made['seen']['came'], got: string): Made => ({ of: 'H1', tries: 'a|b', seen: { came, got } });

  it('is a breach where one succeeded, and not where one did what the documents say', () => {
    expect(isBreached([one('held', ''), one('as said', ''), one('not run', '')])).toBe(false);
    expect(isBreached([one('held', ''), one('succeeded', '')])).toBe(true);
    expect(isBreached([one('held', ''), one('not made', '')])).toBe(true);
  });

  it('stands in the document as one row each, whatever is in it; what was not made again stays', () => {
    const document = 'x\n<!-- made by `npm run attacks -- --write` -->\n<!-- until here -->\ny\n';
    const first = withTable(document, [one('held', 'two\nlines <b>'), { ...one('held', 'x'), of: 'L7' }]);
    const row = (got: string) => `| H1 | a\\|b | ${FINDINGS.H1} | held: ${got} |`;
    expect(first.split('\n').filter((line) => line.startsWith('| H1 '))).toEqual([row('two lines &lt;b>')]);
    const again = withTable(first, [one('held', 'another')]);
    expect(again.split('\n').filter((line) => /^\| [HL]/.test(line))).toEqual([
      row('another'),
      `| L7 | a\\|b | ${FINDINGS.L7} | held: x |`,
    ]);
    expect(again).toMatch(/^x\n[\s\S]*\ny\n$/);
  });
});
