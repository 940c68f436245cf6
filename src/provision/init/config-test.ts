/** Asks keepalived itself about a file before init reads it. */

import { linesSaid } from '../doctor/look/conf-text.ts';
import { isMissing, type ProgramError, type Run } from '../doctor/look/parts.ts';
import { printable } from './keepalived/lines.ts';

export interface ConfigTest {
  /** A clause that says why keepalived was not asked, or did not answer. Absent where it answered. */
  readonly notAsked?: string;
  /** What keepalived said, without the file's passwords; empty when it takes the whole file. */
  readonly lines: readonly string[];
  readonly exitCode?: number;
}

/** So many complaints are shown: after a missing brace there is one for each line below it. */
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
 * Says where keepalived ends while it reads the file (null_strvec() of lib/parser.c): then nobody has any of its values.
 * Undefined where keepalived reads it to the end.
 */
export function whereItEnds({ lines }: Pick<ConfigTest, 'lines'>, file: string): string | undefined {
  const line = lines.find((text) => text.includes(' is missing a parameter after keyword '));
  if (line === undefined) return undefined;
  const [, named = file, number] = /^\((?:(.+): )?Line (\d+)\)/.exec(line) ?? [];
  const [, keyword = 'a keyword'] = /after keyword `([^`]+)`/.exec(line) ?? [];
  const place = number === undefined ? file : `${named}:${number}`;
  return `${place} ${keyword} lacks a value: keepalived ends there and does not run with this file`;
}

/** Each process of keepalived reads the file and says what it finds. The first says it without the file's name. */
function onceEach(lines: readonly string[]): string[] {
  const distinct = [...new Set(lines.map(printable))];
  return distinct.filter((line) => {
    const bare = /^\((Line \d+\).*)$/s.exec(line)?.[1];
    return bare === undefined || !distinct.some((other) => other !== line && other.endsWith(`: ${bare}`));
  });
}

/**
 * Returns lines for people. Those of keepalived are indented below the first.
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
