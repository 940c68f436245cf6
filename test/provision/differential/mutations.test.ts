/**
 * Ten thousand damaged configurations: `weir init` neither crashes nor hangs, and what it does not understand it refuses with
 * a sentence. `WEIR_MUTATION_SEED=7 WEIR_MUTATIONS=100000` damages them in other ways, or goes on longer.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXIT, messageOf, WeirError } from '../../../src/model/error.ts';
import { ownFolder, weir } from '../../cli/fixture.ts';
import { createChance } from '../../model-check/chance.ts';
import { made } from './judged/understood.ts';
import { generate } from './written/generate.ts';
import { MAIN } from './written/layout.ts';
import { mutate } from './written/mutate.ts';

const SEED = Number(process.env.WEIR_MUTATION_SEED ?? 1);
const COUNT = Number(process.env.WEIR_MUTATIONS ?? 10_000);
/** What a person would call a hang; a busy machine may take ten times what an idle one does, and is far from it. */
const LIMIT_MS = 2_000;
const THROUGH_THE_COMMAND = 20;

const CASES = join(import.meta.dirname, '../../cases/init');
const ORIGINALS = [
  ...readdirSync(CASES)
    .filter((name) => name.endsWith('.conf'))
    .map((name) => readFileSync(join(CASES, name), 'utf8')),
  ...Array.from({ length: 60 }, (_, index) => generate(10_000 + index).files[MAIN]?.text ?? ''),
];
const READER = { configId: 'left', own: ['192.0.2.11', '2001:db8::11'], verdict: { code: 0, lines: [] } };
const folder = ownFolder();

function* damaged(seed: number, count: number): Generator<string> {
  const chance = createChance(seed);
  for (let left = count; left > 0; left--) yield mutate(chance.pick(ORIGINALS), chance, chance.pick(ORIGINALS));
}

/** Why these words are none for people; undefined: they are. */
function faultOf(words: string): string | undefined {
  const lines = words.split('\n');
  if (/[^\P{Cc}\n]/u.test(words)) return 'has a control character';
  if (/\bundefined\b|\[object |\bat \S+ \(|Error:/.test(words)) return 'has a word of the program';
  const [first = '', ...details] = lines;
  if (!details.every((line) => line.startsWith('    '))) return 'has more than one line that says it';
  return /^keepalived\.conf(:\d+){0,2} \S|keepalived\.conf (can|has)/.test(first) ? undefined : 'says no place';
}

it(`no crash, no hang, and one clear line: ${COUNT} damaged configurations, seed ${SEED}`, () => {
  const wrong: string[] = [];
  const seen = { refused: 0, taken: 0 };
  let slowest = 0;
  let index = 0;
  for (const text of damaged(SEED, COUNT)) {
    const begun = performance.now();
    let fault: string | undefined;
    try {
      made({ file: MAIN, text }, () => [], READER);
      seen.taken += 1;
    } catch (error) {
      seen.refused += 1;
      const isSentence = error instanceof WeirError && EXIT[error.code] === 2;
      fault = isSentence ? faultOf(messageOf(error)) : 'is a crash';
      if (fault !== undefined) fault = `${fault}: ${isSentence ? messageOf(error) : ((error as Error).stack ?? error)}`;
    }
    const ms = performance.now() - begun;
    slowest = Math.max(slowest, ms);
    if (ms > LIMIT_MS) fault = `took ${Math.round(ms)} ms`;
    if (fault !== undefined) wrong.push(`${index}: ${fault}`);
    index += 1;
  }
  console.log(`seed ${SEED}: ${seen.refused} refused, ${seen.taken} taken, the slowest took ${Math.round(slowest)} ms`);
  expect(wrong).toEqual([]);
  // Damage that is always refused, or never, shows nothing.
  expect(Math.min(seen.refused, seen.taken)).toBeGreaterThan(COUNT / 20);
}, 600_000);

it('the command ends with 2 and a sentence, or has written a file', async () => {
  const texts = [...damaged(SEED + 1, THROUGH_THE_COMMAND)];
  for (const [index, text] of texts.entries()) {
    const from = await folder.file(`damaged-${index}.conf`, text);
    const { code, stdout, stderr } = await weir([
      'init',
      '--from',
      from,
      '--out',
      join(folder.path(), `${index}.yaml`),
    ]);
    expect([0, 1, 2], stderr).toContain(code);
    expect(`${stdout}${stderr}`).not.toMatch(/^ {4}at |Error:/m);
    expect(stderr.trim(), text).not.toBe('');
  }
}, 600_000);
