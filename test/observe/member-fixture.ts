/** A real Redis as a member, and a reader of it with a clock that the test moves. */

import type { Redis } from 'ioredis';
import { connectBroker, connectWatched, dropSilent } from '../../src/connect.ts';
import type { Secret } from '../../src/model/config.ts';
import { createMemberReader, type MemberReaderOptions, type MemberReading } from '../../src/observe/redis.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

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
  /** How the reader comes in; the client of the test has the server's password. */
  readonly username?: string;
  readonly password?: string;
  readonly serverPassword?: string;
  readonly reader?: Partial<Pick<MemberReaderOptions, 'queues' | 'vip' | 'timeoutMs' | 'own'>>;
}

/** A reader of what answers as Redis at this port, with a clock that goes on with every poll. */
export function readerAt(port: number, options: Omit<MemberFixtureOptions, 'args' | 'serverPassword'> = {}) {
  const { username, password } = options;
  const timeoutMs = options.reader?.timeoutMs ?? 2_000;
  const redis = connectWatched({
    host: '127.0.0.1',
    port,
    timeoutMs,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: secret(password) }),
  });
  let nowMs = 0;
  const reader = createMemberReader({
    member: 'a',
    redis,
    dropSilent,
    queues: ['logstash'],
    vip: { address: '192.168.81.229', port },
    timeoutMs,
    windowMs: 15_000,
    minSecondsToFull: 1_800,
    own: false,
    monotonic: () => nowMs,
    ...options.reader,
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
