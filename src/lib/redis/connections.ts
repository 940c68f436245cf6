/** The one file that makes connections to a Redis. What they are for decides how they fail. */

import { Redis } from 'ioredis';
import type { BrokerConfig } from '../../model/configuration/config.ts';
import type { Secret } from '../../model/configuration/secret.ts';
import { boundReplies } from './reply-limit.ts';

/** A silent peer is given up after this long while connecting, in ms. */
const CONNECT_WITHIN_MS = 2_000;

/** A broker that does not answer a command within this is away, in ms; who can wait does for longer. */
const BROKER_ANSWERS_WITHIN_MS = 500;
const PATIENT_WAITS_MS = 5_000;

/** A CLIENT LIST of 45,000 clients; INFO is a thousandth of it. In bytes. */
const WATCHED_REPLY_LIMIT = 16 * 1024 * 1024;

/** A page of the stream with a hundred of the largest entries. In bytes. */
const BROKER_REPLY_LIMIT = 64 * 1024 * 1024;

export interface WatchedOptions {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: Secret;
  /** Absent: 0. */
  readonly database?: number;
  /** poll.timeout in ms. */
  readonly timeoutMs: number;
}

/**
 * A connection to a Redis that is watched. Nothing waits in it: no offline queue, a command fails after poll.timeout,
 * and the reader then drops the connection (see `dropSilent`). Measured: with ioredis' defaults a poller stays blind
 * 25 s after a 30 s partition has healed, with a time-out alone 23 s, with both 0.8 s.
 */
export function connectWatched({ host, port, username, password, database, timeoutMs }: WatchedOptions): Redis {
  return guarded(
    new Redis({
      host,
      port,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password: password.reveal() }),
      // A database that was chosen by SELECT alone ioredis chooses again when it reconnects, and nobody hears a refusal:
      // that ends the process.
      ...(database !== undefined && { db: database }),
      connectionName: 'weir',
      // Old servers know neither HELLO nor CLIENT SETINFO, and nothing here needs them.
      protocol: 2,
      disableClientInfo: true,
      lazyConnect: true,
      // The ready check is an INFO of its own, which a loading Redis answers with "not yet" for ever.
      enableReadyCheck: false,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: timeoutMs,
      commandTimeout: timeoutMs,
      // Who does not answer does not hang up either (a stopped process; a client that CLIENT PAUSE holds): there is no new
      // connection before the old one is given up, which ioredis does after 2 s.
      disconnectTimeout: 0,
      retryStrategy: (times) => Math.min(100 * times, 500),
    }),
    WATCHED_REPLY_LIMIT,
    `${host}:${port}`,
  );
}

/** Gives up a connection whose peer has not answered in time, and begins a new one at once. */
export function dropSilent(redis: Redis): void {
  if (redis.status !== 'reconnecting' && redis.status !== 'connecting') redis.disconnect(true);
}

/**
 * BullMQ's blocking reads return after 10 s at the latest: a connection that owes an answer for longer has a dead path
 * and is left for another one. Measured: without this a node on a path that goes silent takes no job for as long as the
 * kernel believes in it. In ms.
 */
const SILENT_PATH_MS = 15_000;

/**
 * `producer` fails fast (streams, state, jobs to be added); `patient` waits longer, for what must get
 * through on a slow way: a person's command, a node's word on what it has done; `worker` is for BullMQ's blocking reads:
 * it is never given up, but a path that has gone silent is.
 */
export type BrokerRole = 'producer' | 'patient' | 'worker';

/** A connection to the broker. `url` is redis://host:port or the path of a unix socket. */
export function connectBroker(
  broker: BrokerConfig & { readonly url: string },
  role: BrokerRole,
  silentPathMs = SILENT_PATH_MS,
): Redis {
  const common = {
    ...(broker.username !== undefined && { username: broker.username }),
    ...(broker.password !== undefined && { password: broker.password.reveal() }),
    connectionName: 'weir',
    lazyConnect: true,
    connectTimeout: role === 'patient' ? PATIENT_WAITS_MS : CONNECT_WITHIN_MS,
    retryStrategy: (times: number) => Math.min(100 * times, 1_000),
  };
  const options =
    role === 'worker'
      ? // A command time-out would cut BullMQ's blocking reads; it asks for null retries itself.
        { ...common, maxRetriesPerRequest: null, socketTimeout: silentPathMs }
      : // Measured: with the defaults an add to a broker that is away never returns.
        {
          ...common,
          enableOfflineQueue: false,
          maxRetriesPerRequest: 0,
          commandTimeout: role === 'patient' ? PATIENT_WAITS_MS : BROKER_ANSWERS_WITHIN_MS,
        };
  // ioredis takes the path of a unix socket in the place of a URL.
  return guarded(new Redis(broker.url, options), BROKER_REPLY_LIMIT, 'the broker');
}

/** What the try to connect that is under way has failed with, and the one before it that is over. */
interface Tries {
  now?: Error | undefined;
  last?: Error | undefined;
}

const tries = new WeakMap<Redis, Tries>();

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

/**
 * ioredis emits `error` at every failed try; without a listener that ends the process. Commands fail by themselves. It hangs
 * the refused command on the error, and on a refused log-in that is the password: whoever prints an error must not have it.
 * BullMQ makes copies of the connection for its blocking reads: they are guarded alike.
 */
function guarded(redis: Redis, replyLimit: number, where: string): Redis {
  const own: Tries = {};
  tries.set(redis, own);
  let stood = false;
  redis.on('error', (error: Error & { command?: unknown }) => {
    delete error.command;
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
  redis.duplicate = (override) => guarded(duplicate(override), replyLimit, where);
  return redis;
}
