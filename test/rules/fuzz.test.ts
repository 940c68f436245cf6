/** Rule files that a tired person or a broken editor leaves behind: loaded, or refused with a place, never a crash. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatProblem } from '../../src/lib/yaml/problem.ts';
import { checkRules } from '../../src/rules/files/load.ts';
import { quietly } from '../../src/rules/language/expression.ts';

const PACK = readdirSync('rules')
  .filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'))
  .map((name) => readFileSync(join('rules', name), 'utf8'));

/** What stands before the rules, and two neighbours: of a whole file four edits leave most as it was, and it is all parsed. */
const PAIRS = PACK.flatMap((text) => {
  const [head = '', ...rules] = text.split(/^(?= {2}- )/m);
  return rules.flatMap((rule, index) => (index === 0 ? [] : [`${head}${rules[index - 1]}${rule}`]));
});
const FILES = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...PAIRS) }, fc.constantFrom(...PACK));

/** Words of the form itself, and what breaks YAML, CEL and templates. */
const TOKENS = [
  ...[
    '\n',
    '  ',
    '\t',
    '- ',
    ': ',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '#',
    '&a ',
    '*a',
    '!x ',
    '|',
    '>-',
    '---\n',
    '%',
    '\\U',
  ],
  ...['&&', '||', '!', '(', ')', '==', '<', '.', ',', '/ 0', '?', '1u', 'b"x"', 'null', 'true', '0.1', '-', '1e999'],
  ...[
    'member.',
    'peers',
    'pool.members',
    'peers.exists(p, p.writable)',
    'peers.map(p, p)',
    'matches("(a+)+$")',
    'has(',
  ],
  ...[
    '{{',
    '}}',
    '| bytes',
    'when: ',
    'for: 1s',
    'do:',
    'mode: auto',
    'action: drain',
    'name: x',
    'version: 2',
    '\u0000',
  ],
  ...['évidence', '\u2028', '🙂', 'constructor', '__proto__', 'toString'],
];

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.oneof(fc.nat(6), fc.nat(60)),
  insert: fc.oneof(fc.constantFrom(...TOKENS), fc.string({ maxLength: 5 }), fc.constant('')),
});

const RUNS = 10_000;

it(`${RUNS} mutated rule files are accepted, or refused with a place`, () => {
  let accepted = 0;
  fc.assert(
    fc.property(FILES, fc.array(edit, { minLength: 1, maxLength: 4 }), (whole, edits) => {
      const text = edits.reduce((now, { at, cut, insert }) => {
        const from = Math.floor(at * now.length);
        return now.slice(0, from) + insert + now.slice(from + cut);
      }, whole);
      const { ruleSet, problems } = quietly(() => checkRules([{ file: 'x.yaml', text }]));
      expect(ruleSet === undefined).toBe(problems.length > 0);
      const said = problems.map(formatProblem);
      expect(said.filter((sentence) => !/^x\.yaml:[1-9]\d*:[1-9]\d* \S.*$/.test(sentence))).toEqual([]);
      if (ruleSet !== undefined) accepted += 1;
    }),
    { numRuns: RUNS },
  );
  expect(accepted).toBeGreaterThan(RUNS / 100);
}, 300_000);
