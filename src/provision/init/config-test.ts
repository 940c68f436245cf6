/** What keepalived itself says of a file, before init reads it: it is the judge of what it takes. */

import { linesSaid } from '../doctor/look/conf-text.ts';
import { isMissing, type ProgramError, type Run } from '../doctor/look/parts.ts';
import { printable } from './keepalived/lines.ts';

export interface ConfigTest {
  /** Why it was not asked, or did not answer: a clause. Absent: it did. */
  readonly notAsked?: string;
  /** Its lines, without a password of the file; empty when it takes all of it. */
  readonly lines: readonly string[];
  readonly exitCode?: number;
}

/** One brace too few makes a complaint of each line below it. */
const MAX_LINES = 12;

/** @param run ends a program that takes too long. */
export async function askKeepalived(run: Run, file: string, text: string, configId?: string): Promise<ConfigTest> {
  const id = configId === undefined ? [] : ['--config-id', configId];
  try {
    await run('keepalived', ['--config-test', '--log-console', ...id, '--use-file', file]);
    return { lines: [], exitCode: 0 };
  } catch (error) {
    const { exitCode, stderr = '' } = error as ProgramError;
    if (exitCode === undefined) {
      return { lines: [], notAsked: isMissing(error) ? 'it is not installed here' : (error as Error).message };
    }
    const lines = onceEach(linesSaid(stderr, text));
    const more = lines.length - MAX_LINES;
    return { exitCode, lines: more > 0 ? [...lines.slice(0, MAX_LINES), `and ${more} lines more`] : lines };
  }
}

/**
 * Where it ends while it reads the file, in a sentence (null_strvec() of lib/parser.c): then no value of it is anybody's.
 * Undefined: it does not.
 */
export function whereItEnds({ lines }: Pick<ConfigTest, 'lines'>, file: string): string | undefined {
  const line = lines.find((one) => one.includes(' is missing a parameter after keyword '));
  if (line === undefined) return undefined;
  const [, named = file, number] = /^\((?:(.+): )?Line (\d+)\)/.exec(line) ?? [];
  const [, keyword = 'a keyword'] = /after keyword `([^`]+)`/.exec(line) ?? [];
  const place = number === undefined ? file : `${named}:${number}`;
  return `${place} ${keyword} lacks a value: keepalived ends there and does not run with this file`;
}

/** Each of its processes reads the file and says what it finds, the first one without the name of the file. */
function onceEach(lines: readonly string[]): string[] {
  const found = [...new Set(lines.map(printable))];
  return found.filter((line) => {
    const bare = /^\((Line \d+\).*)$/s.exec(line)?.[1];
    return bare === undefined || !found.some((other) => other !== line && other.endsWith(`: ${bare}`));
  });
}

/**
 * Lines for people, those of keepalived indented below the first.
 * @param isWritten whether there is a weir.yaml that has the values.
 */
export function remarksOfTest({ notAsked, lines, exitCode }: ConfigTest, isWritten: boolean): string[] {
  if (notAsked !== undefined) {
    return [
      `CHECK: keepalived was not asked what it makes of this file: ${notAsked}. \`keepalived --config-test\` on the server says it.`,
    ];
  }
  if (exitCode === 0) return [];
  const values = isWritten ? ' Where it goes on with another value than the file has, that one is written here.' : '';
  return [
    `CHECK what \`keepalived --config-test\` says of this file (exit code ${exitCode}).${values}`,
    ...lines.map((line) => `    ${line}`),
  ];
}
