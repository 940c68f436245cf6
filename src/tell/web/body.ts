/** A request's body, raw and bounded: what is signed is signed as it came. */

import type { WebRequest } from './handler.ts';

/** Slack's payloads and an Alertmanager's are smaller. In bytes. */
export const BODY_LIMIT = 65_536;

/** A refusal: an HTTP status and one sentence. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'Refused';
    this.status = status;
  }
}

/** @throws Refused when it is too large, also where nothing says so before; or of another type than `type`. */
export async function readBody({ raw }: WebRequest, type: string): Promise<Buffer> {
  const given = (raw.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (given !== type) throw new Refused(415, `A body of the type ${type} is expected.`);
  const tooLarge = () => new Refused(413, `A body of ${BODY_LIMIT} bytes at most is expected.`);
  if (Number(raw.headers['content-length'] ?? 0) > BODY_LIMIT) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
