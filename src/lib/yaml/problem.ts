/** What is wrong with a text that people wrote, as `file:line:column what is wrong, what was expected`. */

import { type ErrorCode, WeirError } from '../../model/error.ts';

/** One thing that is wrong, where it is, in one sentence. */
export interface Problem {
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** The source line and a line of carets below the fault, for a terminal. */
  readonly excerpt?: string;
}

/** The problem as one line. Quoted text may have line ends and control characters, which become blanks. */
export function formatProblem({ file, line, column, message }: Problem): string {
  return `${file}:${line}:${column} ${message.replace(/\s*[\p{Cc}\p{Zl}\p{Zp}]\s*/gu, ' ')}`;
}

/** The error that carries all problems, one line each. */
export function problemsError(code: ErrorCode, problems: readonly Problem[]): WeirError {
  return new WeirError(code, formatProblems(problems));
}

/**
 * All problems, one line each, in the order of the files and of the lines in them; with excerpts the written line and
 * carets stand below each.
 */
export function formatProblems(problems: readonly Problem[], { excerpts = false } = {}): string {
  const files = [...new Set(problems.map((problem) => problem.file))];
  const sorted = [...problems].sort(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
  const shown = sorted.map((problem) => {
    const line = formatProblem(problem);
    return excerpts && problem.excerpt !== undefined ? `${line}\n${problem.excerpt.replace(/^/gm, '    ')}` : line;
  });
  return [...new Set(shown)].join('\n');
}
