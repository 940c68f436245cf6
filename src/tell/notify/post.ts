/** Posts JSON to somebody else's server: bounded in time and size, every failure one sentence. */

import { createHmac } from 'node:crypto';
import type { Secret } from '../../model/configuration/secret.ts';
import { messageOf } from '../../model/error.ts';
import { quoteReply, TellError } from './tell-error.ts';

export interface PostOptions {
  /** `webhook` or `alertmanager`, for the error. */
  readonly channel: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Signs the body (docs/telling.md). */
  readonly secret?: Secret;
  /** The limit for all of it, in ms. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5_000;

/** No more of an answer is read, in bytes: it is only quoted. */
const ANSWER_LIMIT = 4_096;

/** A server may ask us to wait for so long at most, in ms. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** @throws TellError: one sentence, with `retryAfterMs` where the server names a time. */
export async function postJson(body: unknown, options: PostOptions): Promise<void> {
  const { channel, url, secret } = options;
  const text = JSON.stringify(body);
  const at = Math.floor(Date.now() / 1_000);
  const where = new URL(url).host;
  let response: Response;
  let answer: string;
  try {
    response = await fetch(url, {
      method: 'POST',
      body: text,
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'weir',
        ...options.headers,
        ...(secret !== undefined && {
          'X-Weir-Timestamp': String(at),
          'X-Weir-Signature': signatureOf(text, at, secret),
        }),
      },
      // A redirect is not followed: what was meant for one server goes to no other.
      redirect: 'error',
      signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
    });
    answer = await readSome(response);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    throw new TellError(channel, `${where} did not take a POST: ${messageOf(error)}${cause}. It will be tried again.`);
  }
  if (response.ok) return;
  const seen = quoteReply(answer, secret === undefined ? [] : [secret.reveal()]);
  const retryAfterMs = retryAfterOf(response);
  throw new TellError(
    channel,
    `${where} answered a POST with ${response.status}${seen === '' ? '' : `: ${seen}`}. It will be tried again.`,
    retryAfterMs === undefined ? {} : { retryAfterMs },
  );
}

/** `v1=` and the HMAC-SHA256 of `v1:<seconds>:<body>`, in hex. */
function signatureOf(body: string, atSeconds: number, secret: Secret): string {
  const hmac = createHmac('sha256', secret.reveal()).update(`v1:${atSeconds}:${body}`).digest('hex');
  return `v1=${hmac}`;
}

async function readSome(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < ANSWER_LIMIT) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
  }
  await reader.cancel().catch(() => undefined);
  return Buffer.concat(chunks).subarray(0, ANSWER_LIMIT).toString();
}

function retryAfterOf({ status, headers }: Response): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  if ((status !== 429 && status !== 503) || !(seconds > 0)) return undefined;
  return Math.min(seconds * 1_000, MAX_RETRY_AFTER_MS);
}
