/** The cases of test/cases/readings: what others' servers answered, with the reading that is right. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { READING_EXPECTED, type ReadingExpected } from './reading-expected.ts';

export type CaseKind = 'info' | 'clients' | 'ipvs' | 'vrrp' | 'alerts' | 'server';

export interface ReadingCase {
  /** `info-2.8-full` */
  readonly name: string;
  readonly kind: CaseKind;
  readonly file: string;
  readonly text: string;
  /** NAME.expect.md: what is right, in words. */
  readonly words: string;
  /** The same as data. */
  readonly expected: ReadingExpected;
}

const FOLDER = join(import.meta.dirname, '../../cases/readings');
const FILE = /^((info|clients|ipvs|vrrp|alerts|server)-.+)\.(?:txt|json)$/;

/** All of them, by name; `kinds` chooses. */
export function readingCases(...kinds: readonly CaseKind[]): ReadingCase[] {
  const cases = readdirSync(FOLDER).flatMap((file) => {
    const [, name, kind] = FILE.exec(file) ?? [];
    return name === undefined ? [] : [caseOf(name, kind as CaseKind, join(FOLDER, file))];
  });
  return cases.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind));
}

function caseOf(name: string, kind: CaseKind, file: string): ReadingCase {
  const expected = READING_EXPECTED[name];
  if (expected === undefined)
    throw new Error(`The case ${name} has no line in test/support/readings/reading-expected.ts.`);
  const words = readFileSync(join(FOLDER, `${name}.expect.md`), 'utf8');
  return { name, kind, file, text: readFileSync(file, 'utf8'), words, expected };
}
