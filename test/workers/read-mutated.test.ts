/** Files of answers that were torn, cut and scribbled in: each is read, or refused in one line. */

import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { WeirError } from '../../src/model/error.ts';
import { kindOf } from '../../src/observe/captured/kind.ts';
import { readText } from '../../src/operations/read/index.ts';
import { defaultConfig } from '../../src/operations/read/settings.ts';
import { formatReadout } from '../../src/tell/terminal/readout.ts';
import { readingCases } from '../support/readings/reading-cases.ts';

// On a busy machine: a limit, no expectation.
vi.setConfig({ testTimeout: 900_000 });

const SEED = 17;
const FILES = 10_000;
const SIDE_BY_SIDE = 8;

/** A stand-in is not waited for as long as a person would: most of them are silent on purpose. */
const settings = { config: defaultConfig(), pools: [], silentMs: 50 };

/** One that a file is far from, on a busy machine too: two polls that are silent, and nothing else that waits. */
const HANGS_AFTER_MS = 20_000;

const PIECES = [
  ...[
    '',
    '"',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '\\',
    '\0',
    '\r\n',
    '\n',
    ' ',
    '-',
    '*',
    '$',
    '$100\r\n',
    '*3\r\n',
    '+OK\r\n',
  ],
  ...['null', 'true', '0', '-1', '1e999', '99999999999999999999', 'NaN', '0x10', '\u202e', '\ud800', '😀', '__proto__'],
  ...[
    '"polls"',
    '"replies"',
    '"INFO"',
    '"silentOn": "INFO",',
    '"everyMs": 0,',
    'constructor',
    '$PATH',
    '-ERR no',
    ':7',
  ],
];

const CAPTURE = join(import.meta.dirname, '../cases/captures/pool.json');
const SOURCES = [...readingCases(), { file: CAPTURE, text: readFileSync(CAPTURE, 'utf8') }];

const mutation = fc.record({
  source: fc.constantFrom(...SOURCES),
  edits: fc.array(
    fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(40), piece: fc.constantFrom(...PIECES) }),
    { minLength: 1, maxLength: 4 },
  ),
  end: fc.oneof(
    { arbitrary: fc.constant(1), weight: 3 },
    { arbitrary: fc.double({ min: 0, max: 1, noNaN: true }), weight: 1 },
  ),
});

it(`${FILES} mutated files: no crash, no hang, and what is refused is one line`, async () => {
  const mutated = fc.sample(mutation, { seed: SEED, numRuns: FILES });
  const counts = { read: 0, refused: 0 };
  const next = mutated.values();
  const oneAfterAnother = async () => {
    for (const { source, edits, end } of next) {
      const text = edits.reduce(edited, source.text.slice(0, Math.ceil(source.text.length * end)));
      counts[await outcomeOf(source.file, text)] += 1;
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, oneAfterAnother));

  expect(counts.read + counts.refused).toBe(FILES);
  expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(FILES / 10);
});

function edited(
  text: string,
  { at, cut, piece }: { readonly at: number; readonly cut: number; readonly piece: string },
): string {
  const from = Math.floor(at * text.length);
  return text.slice(0, from) + piece + text.slice(from + cut);
}

async function outcomeOf(file: string, text: string): Promise<'read' | 'refused'> {
  const beganAt = performance.now();
  try {
    const readout = await readText({ file, text, kind: kindOf(file, text), settings });
    const said = formatReadout(readout, { width: 100 });
    // Words that the file itself has are shown as it has them.
    const strange = ['undefined', 'NaN', '[object'].filter((word) => said.includes(word) && !text.includes(word));
    expect(strange, said).toEqual([]);
    return 'read';
  } catch (error) {
    if (!(error instanceof WeirError))
      throw new Error(`This is no refusal, for ${JSON.stringify(text)}`, { cause: error });
    expect(error.code).toBe('usage');
    expect(error.message).toMatch(/^\S+: ?\S.{10,600}$/);
    return 'refused';
  } finally {
    const tookMs = performance.now() - beganAt;
    expect(tookMs, `${Buffer.from(text).toString('base64')}`).toBeLessThan(HANGS_AFTER_MS);
  }
}
