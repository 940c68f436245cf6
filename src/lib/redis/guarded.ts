/** What a connection to a Redis has failed with, and how it is kept from ending the process or saying a secret. */

import type { Redis } from 'ioredis';
import type { HostPort } from '../../model/configuration/config.ts';
import type { Door } from './door.ts';
import { boundReplies } from './reply-limit.ts';

/** What the try to connect that is under way has failed with, and the one before it that is over. */
interface Tries {
  now?: Error | undefined;
  last?: Error | undefined;
  /** Where it goes to, where its options do not say so. */
  readonly place?: (() => HostPort | undefined) | undefined;
}

const tries = new WeakMap<Redis, Tries>();

/** What connections have failed with. */
const heard = new WeakSet<Error>();

/** Whether an error is what a connection to a Redis failed with, and not something of another kind that says the same. */
export function isOfConnection(error: Error): boolean {
  return heard.has(error);
}

/** The other side took a connection and closed it, and said nothing. */
class HungUp extends Error {
  readonly code = 'HUNG_UP';
}

/**
 * What the last try to connect failed with: of that a command knows only "Connection is closed."
 * @returns undefined where the connection stands, or was never tried.
 */
export function lastFault(redis: Redis): Error | undefined {
  return tries.get(redis)?.last;
}

/** Where a connection goes to; of a broker that Sentinels know, the master that they named last; undefined: to a socket. */
export function doorOf(redis: Redis): Door | undefined {
  const { path, host = '127.0.0.1', port = 6379, tls } = redis.options;
  const place = tries.get(redis)?.place;
  const at = place === undefined ? { host, port } : place();
  if (at === undefined || (path !== undefined && path !== null)) return undefined;
  return { ...at, ...(tls !== undefined && { tls }) };
}

/**
 * ioredis emits `error` at every failed try; without a listener that ends the process. Commands fail by themselves. It hangs
 * the refused command on the error, and on a refused log-in that is the password: whoever prints an error must not have it.
 * BullMQ makes copies of the connection for its blocking reads: they are guarded alike.
 */
export function guarded(redis: Redis, replyLimit: number, where: string, place?: () => HostPort | undefined): Redis {
  const own: Tries = { place };
  tries.set(redis, own);
  let stood = false;
  redis.on('error', (error: Error & { command?: unknown }) => {
    delete error.command;
    heard.add(error);
    own.now ??= error;
  });
  redis.on('connecting', () => {
    own.now = undefined;
    stood = false;
  });
  redis.on('ready', () => {
    own.now = undefined;
    own.last = undefined;
    stood = true;
  });
  // Who was let in and lost the connection knows nothing yet: the next try says why.
  redis.on('close', () => {
    if (!stood) own.last = own.now ?? new HungUp('hung up without a word');
  });
  boundReplies(redis, replyLimit, where);
  const duplicate = redis.duplicate.bind(redis);
  redis.duplicate = (override) => guarded(duplicate(override), replyLimit, where, place);
  return redis;
}
