/** Reads a request's body, raw and bounded: a signature is over the bytes as they came. */

import type { WebRequest } from './handler.ts';

/** Slack's payloads are smaller. In bytes. */
export const BODY_LIMIT = 65_536;

/** An Alertmanager's message of eight thousand ordinary alerts. In bytes. */
export const LARGE_BODY_LIMIT = 8 * 1024 * 1024;

/** The most values of a JSON body, by its commas and brackets: twice what an ordinary one of the largest size has. */
const MAX_VALUES = 1_000_000;

/** A refusal: an HTTP status and one sentence. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'Refused';
    this.status = status;
  }
}

/**
 * @param limit in bytes
 * @throws Refused when the body is larger, even where no header says so, or when its type is not `type`.
 */
export async function readBody({ raw }: WebRequest, type: string, limit = BODY_LIMIT): Promise<Buffer> {
  const given = (raw.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (given !== type) throw new Refused(415, `A body of the type ${type} is expected.`);
  const tooLarge = () => new Refused(413, `A body of ${limit} bytes at most is expected.`);
  if (Number(raw.headers['content-length'] ?? 0) > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Parses the body as JSON. Its values are counted first: a body of the largest size that is all brackets would take
 * hundreds of megabytes.
 * @throws Refused
 */
export function parseBody(body: Buffer): unknown {
  if (valuesIn(body) > MAX_VALUES) throw new Refused(413, `A body of ${MAX_VALUES} values at most is expected.`);
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new Refused(400, 'The body is not JSON.');
  }
}

/** An upper bound: commas and brackets within texts are counted too. */
function valuesIn(body: Buffer): number {
  let count = 0;
  for (const byte of body) if (byte === 0x2c || byte === 0x5b || byte === 0x7b) count += 1;
  return count;
}
