/** What came of the attacks, for a terminal and for docs/attacks.md. Pure. */

import type { Came, Seen } from './attack.ts';
import { FINDINGS, type FindingId } from './findings.ts';

export interface Made {
  readonly of: FindingId;
  readonly tries: string;
  readonly seen: Seen;
}

const WORD: Readonly<Record<Came, string>> = {
  held: 'held',
  'as said': 'as the documents say',
  succeeded: '**SUCCEEDED**',
  'not made': '**could not be made**',
  'not run': 'not run here',
};

/** Whether any of them did what it must not, or nothing is known of it. */
export function isBreached(made: readonly Made[]): boolean {
  return made.some(({ seen: { came } }) => came === 'succeeded' || came === 'not made');
}

/** As it is printed while they are made. */
export function lineOf({ of, tries, seen }: Made): string {
  return `${of.padEnd(23)} ${WORD[seen.came].replaceAll('*', '').padEnd(20)} ${tries}\n${' '.repeat(24)}${seen.got}\n`;
}

/** A row for each attack, by finding. Rows of attacks that were not made stay as they are. */
function tableOf(made: readonly Made[], before: readonly string[] = []): string {
  const ids = Object.keys(FINDINGS) as FindingId[];
  const rows = made.map(({ of, tries, seen }) => ({
    ...{ of, tries: cell(tries) },
    text: `| ${[of, tries, FINDINGS[of], `${WORD[seen.came]}: ${seen.got}`].map(cell).join(' | ')} |`,
  }));
  const isMade = (row: string) => rows.some(({ of, tries }) => row.startsWith(`| ${of} | ${tries} |`));
  const all = [...before.filter((row) => !isMade(row)), ...rows.map(({ text }) => text)];
  const sorted = ids.flatMap((id) => all.filter((row) => row.startsWith(`| ${id} |`)).sort());
  return ['| | What is tried | Before | Now |', '|---|---|---|---|', ...sorted].join('\n');
}

/** One line without what Markdown or a reader's eye would take for something else. */
function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;').trim().slice(0, 400);
}

const BEGIN = '<!-- made by `npm run attacks -- --write` -->';
const END = '<!-- until here -->';

/** The document with what came of these in its table. */
export function withTable(document: string, made: readonly Made[]): string {
  const [before, rest = ''] = document.split(BEGIN);
  const [table = '', after = ''] = rest.split(END);
  const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| |'));
  return `${before}${BEGIN}\n\n${tableOf(made, rows)}\n\n${END}${after}`;
}
