/** The one file that makes connections to a Redis. What they are for decides how they fail. */

import { Redis, type RedisOptions } from 'ioredis';
import type { BrokerConfig, HostPort, SentinelsConfig, TlsConfig } from '../../model/configuration/config.ts';
import type { Secret } from '../../model/configuration/secret.ts';
import { defined } from '../defined.ts';
import { isLoopback } from '../ip-address.ts';
import { guarded, lastFault } from './guarded.ts';
import { createSentinels, masterConnector, SENTINEL_ANSWERS_WITHIN_MS, type Sentinels } from './sentinels.ts';
import { tlsOptions } from './tls-files.ts';

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
  /** Absent: TLS is not spoken. */
  readonly tls?: TlsConfig;
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
export function connectWatched(options: WatchedOptions): Redis {
  const retryStrategy = (times: number) => Math.min(100 * times, 500);
  const { host, port } = options;
  return guarded(new Redis({ ...briefOptions(options), retryStrategy }), WATCHED_REPLY_LIMIT, `${host}:${port}`);
}

/** Of a connection that is asked little, and soon asked again where it does not answer. */
function briefOptions({ host, port, username, password, tls, database, timeoutMs }: WatchedOptions) {
  return {
    host,
    port,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: password.reveal() }),
    ...(tls !== undefined && { tls: tlsOptions(tls, host) }),
    // A database that was chosen by SELECT alone ioredis chooses again when it reconnects, and nobody hears a refusal:
    // that ends the process.
    ...(database !== undefined && { db: database }),
    connectionName: 'weir',
    // Old servers know neither HELLO nor CLIENT SETINFO, and nothing here needs them.
    protocol: 2 as const,
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
  };
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

/** A connection to the broker. `url` is redis://host:port or the path of a unix socket; Sentinels come before it. */
export function connectBroker(
  broker: BrokerConfig & { readonly url: string },
  role: BrokerRole,
  silentPathMs = SILENT_PATH_MS,
): Redis {
  const { sentinels, url } = broker;
  const common = {
    ...placeOf(broker),
    ...(broker.username !== undefined && { username: broker.username }),
    ...(broker.password !== undefined && { password: broker.password.reveal() }),
    connectionName: 'weir',
    // Its user needs no command for what nobody reads, and a Redis 7.0 would refuse to give it one that it does not know.
    disableClientInfo: true,
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
  const redis = sentinels === undefined ? new Redis(url, options) : new Redis(options);
  return guarded(redis, BROKER_REPLY_LIMIT, 'the broker', sentinels && (() => known.get(sentinels)?.last));
}

/** How ioredis gets to the broker, besides its URL: by TLS, by Sentinels. */
function placeOf(broker: BrokerConfig): Pick<RedisOptions, 'tls' | 'Connector'> {
  const { sentinels, url = '' } = broker;
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: undefined };
  const asked = broker.tls ?? (protocol === 'rediss:' ? {} : undefined);
  const tls = asked && tlsOptions(asked, sentinels === undefined ? hostname : undefined);
  if (sentinels === undefined) return tls === undefined ? {} : { tls };
  const allow = (master: HostPort) => allowMaster(broker, master);
  const Connector = masterConnector(sentinelsOf(sentinels, broker.tls), { ...(tls && { tls }), allow });
  return { ...(tls && { tls }), Connector };
}

/**
 * Where broker.url says so itself it is looked at when weir.yaml is read (src/config/checks/broker.ts).
 * @throws Error for a master that others can reach and nobody has taken as it is.
 */
function allowMaster({ insecure = false, password, tls }: BrokerConfig, { host }: HostPort): void {
  if (insecure || isLoopback(host) || (password !== undefined && tls !== undefined)) return;
  throw new Error('OPEN_MASTER');
}

/** The connections to a broker, and those that BullMQ makes of them, ask the same Sentinels. */
const known = new WeakMap<SentinelsConfig, Sentinels>();

function sentinelsOf(sentinels: SentinelsConfig, tls: TlsConfig | undefined): Sentinels {
  const { username, password } = sentinels;
  const access = defined({ username, password, tls });
  const open = (at: HostPort) => {
    const options = briefOptions({ ...at, ...access, timeoutMs: SENTINEL_ANSWERS_WITHIN_MS });
    // It is asked again soon, and connected again then.
    const redis = new Redis({ ...options, retryStrategy: () => null });
    return guarded(redis, WATCHED_REPLY_LIMIT, `the Sentinel ${at.host}:${at.port}`);
  };
  const asked = known.get(sentinels) ?? createSentinels(sentinels, { open, faultOf: lastFault });
  known.set(sentinels, asked);
  return asked;
}
