/** Errors of notifiers: people were not told, or it is too early to tell them. */

import { oneLine, trimTo } from '../../lib/text/plain-text.ts';
import { WeirError } from '../../model/error.ts';

interface TellErrorOptions {
  /** How long the other side wants to be left alone, in ms. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** A message did not arrive. Its job is delayed by `retryAfterMs` where that is set, else by its usual backoff. */
export class TellError extends WeirError {
  /** `slack`, `mail` or `webhook`: the channel that did not take it. */
  readonly channel: string;
  readonly retryAfterMs?: number;

  constructor(channel: string, message: string, { retryAfterMs, cause }: TellErrorOptions = {}) {
    super('unreachable', message, { cause });
    this.name = 'TellError';
    this.channel = channel;
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
  }
}

/** Quotes an answer of the other side for a log: one line, short, and without our secrets, which a proxy may echo. */
export function quoteReply(text: string, secrets: readonly string[]): string {
  let safe = oneLine(text);
  for (const secret of secrets) if (secret !== '') safe = safe.replaceAll(secret, '[secret]');
  return trimTo(safe, 200);
}

/** It is too early: nothing has failed, and nothing was tried. The job is delayed by so long. */
export class Later extends Error {
  readonly afterMs: number;

  constructor(afterMs: number) {
    super(`It is tried in ${afterMs} ms.`);
    this.name = 'Later';
    this.afterMs = afterMs;
  }
}
