/** Checks that Slack has sent a request, just now, and for the first time (Slack: Verifying requests). */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Secret } from '../../model/configuration/secret.ts';
import { Refused } from './body.ts';

/** Slack's clock and this machine's may be so far apart, either way. In s. */
const MAX_AGE_S = 300;

export interface SignatureOptions {
  readonly secret: Secret;
  /** In ms. */
  now(): number;
  /** Returns false where the signature was seen before. Throws where nobody can tell. */
  remember(signature: string): Promise<boolean>;
}

/** @throws Refused: 401 with what is wrong, 503 where a repetition could not be told from a first time. */
export async function checkSignature(raw: IncomingMessage, body: Buffer, options: SignatureOptions): Promise<void> {
  const stamp = once(raw, 'x-slack-request-timestamp');
  const signature = once(raw, 'x-slack-signature');
  if (stamp === undefined || signature === undefined || !/^\d{1,12}$/.test(stamp)) {
    throw new Refused(401, 'The signature of Slack is missing.');
  }
  const ageS = options.now() / 1_000 - Number(stamp);
  if (ageS > MAX_AGE_S) throw new Refused(401, 'The request is older than 5 minutes.');
  if (ageS < -MAX_AGE_S) throw new Refused(401, 'The request is from more than 5 minutes ahead: look at the clocks.');
  const wanted = createHmac('sha256', options.secret.reveal()).update(`v0:${stamp}:`).update(body).digest('hex');
  if (!isSame(signature, `v0=${wanted}`))
    throw new Refused(401, 'The signature is wrong: look at tell.slack.signing_secret.');
  let isNew: boolean;
  try {
    isNew = await options.remember(signature);
  } catch {
    throw new Refused(503, 'The broker does not answer, so nothing is taken now.');
  }
  if (!isNew) throw new Refused(401, 'The request was taken before.');
}

/** A header that stands there twice has no value that both sides must read alike. */
function once(raw: IncomingMessage, name: string): string | undefined {
  const values = raw.headersDistinct[name];
  return values?.length === 1 ? values[0] : undefined;
}

/** In constant time whatever the lengths: digests have one length. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
