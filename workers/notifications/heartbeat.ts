/**
 * The heartbeat: an address that is asked for once a minute while Weir works, so that somebody outside notices when it
 * does not (a dead man's switch).
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { readAlive } from '../../src/broker/alive.ts';
import { giveTurnBack, isFirst } from '../../src/broker/pace.ts';
import { every, type Repeating } from '../../src/lib/every.ts';
import type { Secret } from '../../src/model/configuration/secret.ts';
import { formatDuration } from '../../src/model/duration.ts';
import { TellError } from '../../src/tell/notify/tell-error.ts';

/** The worker that comes first in a minute sends it. In ms. */
const SEND_EVERY_MS = 60_000;
const ONCE_IN_MS = 50_000;

/** By then the worker that came first has given up. In ms. */
const LOOK_AGAIN_MS = 15_000;

/** The limit for all of it, in ms. */
const TIMEOUT_MS = 10_000;

export interface HeartbeatDependencies {
  readonly redis: Redis;
  readonly pools: readonly string[];
  /** Its path is the secret that others know it by, and is told to nobody. */
  readonly address: Secret;
  onError(error: unknown, doing: string): void;
}

export function startHeartbeat(deps: HeartbeatDependencies): Repeating {
  const once = async () => {
    if (await beat(deps)) return;
    // Another worker sends it. Where that one has no way there, this one may have.
    await sleep(LOOK_AGAIN_MS, undefined, { ref: false });
    await beat(deps);
  };
  return every(SEND_EVERY_MS, 'heartbeat', once, deps.onError);
}

/**
 * Sends one beat where every pool was evaluated within 30 s, unless another worker has sent one in this minute.
 * @returns whether it was sent.
 * @throws what ioredis throws when the broker does not answer, and a TellError that does not say the address.
 */
export async function beat(
  { redis, pools, address }: Omit<HeartbeatDependencies, 'onError'>,
  timeoutMs = TIMEOUT_MS,
): Promise<boolean> {
  const alive = await readAlive(redis, pools);
  if ([...alive.values()].some((isLive) => !isLive)) return false;
  if (!(await isFirst(redis, 'heartbeat', ONCE_IN_MS))) return false;
  const fault = await get(address, timeoutMs);
  if (fault === undefined) return true;
  await giveTurnBack(redis, 'heartbeat');
  throw new TellError('heartbeat', `tell.heartbeat ${fault}. It is sent again in a minute.`);
}

/** Says what went wrong, as a part of a sentence without the address. */
async function get(address: Secret, timeoutMs: number): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    // A redirect is not followed: what was meant for one server goes to no other.
    const response = await fetch(address.reveal(), { redirect: 'manual', signal, headers: { 'User-Agent': 'weir' } });
    const { ok, status } = response;
    await response.body?.cancel();
    if (ok) return undefined;
    const moved = status >= 300 && status < 400 ? ', and is not followed elsewhere: write that address down' : '';
    return `answered a GET with ${status}${moved}`;
  } catch (error) {
    return `took no GET: ${why(error, timeoutMs)}`;
  }
}

/** Only the kind of the failure: a message may have the address in it. */
function why(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${formatDuration(timeoutMs)}`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && /^[A-Z_]+$/.test(code) ? code : 'the connection failed';
}
