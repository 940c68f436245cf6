import { withoutSecrets } from './configuration/known-secrets.ts';

/**
 * The one error that Weir throws on purpose. Its message is a whole sentence for the reader at 3 a.m.: what was tried,
 * what was seen, what to do next. `code` says what the process exits with (see EXIT).
 */
export class WeirError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(withoutSecrets(message), options);
    this.name = 'WeirError';
    this.code = code;
  }
}

export type ErrorCode = 'usage' | 'config' | 'rule' | 'unreachable' | 'refused' | 'unverified' | 'system';

/** 0 fine; 1 findings, a failed test, an action not verified; 2 bad usage, configuration or rule file; 3 no answer from broker or node; 4 a rail refused. */
export const EXIT: Readonly<Record<ErrorCode, number>> = {
  usage: 2,
  config: 2,
  rule: 2,
  unreachable: 3,
  refused: 4,
  unverified: 1,
  system: 1,
};

/** The message of anything that was thrown, without secrets. */
export function messageOf(error: unknown): string {
  return withoutSecrets(error instanceof Error ? error.message : String(error));
}
