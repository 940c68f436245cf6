/** A real Redis as a member, and a reader of it with a clock that the test moves. */

import type { Redis } from 'ioredis';
import { afterEach } from 'vitest';
import { freePort } from '../../../lab/free-port.ts';
import { connectBroker, connectWatched, dropSilent } from '../../../src/lib/redis/connections.ts';
import type { TlsConfig } from '../../../src/model/configuration/config.ts';
import type { Secret } from '../../../src/model/configuration/secret.ts';
import type { MemberReading } from '../../../src/observe/redis/member-signals.ts';
import { createWriteProbe } from '../../../src/observe/redis/probe.ts';
import { createMemberReader, type MemberReaderOptions } from '../../../src/observe/redis/read-member.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

function secret(text: string): Secret {
  return { reveal: () => text };
}

export interface MemberFixture {
  readonly server: TestRedis;
  readonly port: number;
  /** A producer, consumer or operator of the member: as it likes. */
  readonly client: Redis;
  /** One poll, this long after the one before by the reader's clock. */
  read(afterMs?: number): Promise<MemberReading>;
  /** Another client, which came to this address of the host. */
  connect(host: string): Redis;
  end(): Promise<void>;
}

export interface MemberFixtureOptions {
  readonly args?: readonly string[];
  /** Where the reader connects to; 127.0.0.1. */
  readonly host?: string;
  /** How the reader comes in; the client of the test has the server's password. */
  readonly username?: string;
  readonly password?: string;
  readonly tls?: TlsConfig;
  readonly serverPassword?: string;
  readonly reader?: Partial<Pick<MemberReaderOptions, 'queues' | 'database' | 'vip' | 'timeoutMs' | 'own'>>;
  /** Asks Redis itself whether a push is taken. */
  readonly probe?: boolean;
}

/** A reader of what answers as Redis at this port, with a clock that goes on with every poll. */
export function readerAt(port: number, options: Omit<MemberFixtureOptions, 'args' | 'serverPassword'> = {}) {
  const { host = '127.0.0.1', username, password, tls } = options;
  const timeoutMs = options.reader?.timeoutMs ?? 5_000;
  const queues = options.reader?.queues ?? ['logstash'];
  const connect = () =>
    connectWatched({
      host,
      port,
      timeoutMs,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password: secret(password) }),
      ...(tls !== undefined && { tls }),
      ...(options.reader?.database !== undefined && { database: options.reader.database }),
    });
  let nowMs = 0;
  const monotonic = () => nowMs;
  const reader = createMemberReader({
    member: 'a',
    redis: connect(),
    dropSilent,
    vip: { address: '192.168.81.229', port },
    timeoutMs,
    windowMs: 15_000,
    minSecondsToFull: 1_800,
    own: false,
    monotonic,
    ...options.reader,
    queues,
    ...(options.probe === true && {
      probe: createWriteProbe({ redis: connect(), dropSilent, queue: queues[0] ?? '', monotonic }),
    }),
  });
  return {
    read(afterMs = 1_000): Promise<MemberReading> {
      nowMs += afterMs;
      return reader.read();
    },
    close: reader.close,
  };
}

export async function startMember(options: MemberFixtureOptions = {}): Promise<MemberFixture> {
  const { serverPassword } = options;
  const required = serverPassword === undefined ? [] : ['--requirepass', serverPassword];
  const server = await startRedis({ tcp: true, args: [...required, ...(options.args ?? [])] });
  const reader = readerAt(server.port, options);
  const others: Redis[] = [];
  const connect = (to: string) => {
    const url = `redis://${to}:${server.port}`;
    const redis = connectBroker(
      { url, ...(serverPassword !== undefined && { password: secret(serverPassword) }) },
      'worker',
    );
    others.push(redis);
    return redis;
  };
  return {
    server,
    port: server.port,
    client: connect('127.0.0.1'),
    read: reader.read,
    connect,
    async end() {
      for (const redis of others) redis.disconnect();
      reader.close();
      await server.stop();
    },
  };
}

/** Arguments of a Redis in cluster mode. Its bus has a port of its own: the usual one, 10,000 above, may be none. */
export async function asCluster(): Promise<string[]> {
  return ['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())];
}

/** Pushes items until the member refuses one for memory. */
export async function fill(redis: Redis, itemBytes = 20_000): Promise<void> {
  const item = 'x'.repeat(itemBytes);
  for (;;) {
    const refused = await redis.rpush('logstash', item).then(
      () => undefined,
      (error: Error) => error,
    );
    if (refused?.message.startsWith('OOM') === true) return;
    if (refused !== undefined) throw refused;
  }
}

/** Members of one test each: what it returns starts one, and each ends with the test that it was started in. */
export function membersOfTests(): (options?: MemberFixtureOptions) => Promise<MemberFixture> {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  return async (options) => {
    const started = await startMember(options);
    ends.push(started.end);
    return started;
  };
}
