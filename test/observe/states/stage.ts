/** A real Redis in a state, real producers of it, and Weir's reader beside them. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { secret } from '../../../src/config/secret.ts';
import { connectWatched } from '../../../src/lib/redis/connections.ts';
import { isReply } from '../../../src/lib/redis/refusals.ts';
import type { PoolConfig } from '../../../src/model/configuration/config.ts';
import { aclRules, featuresOf } from '../../../src/provision/render/acl.ts';
import { poolOf } from '../../support/pool.ts';
import { startRedis } from '../../support/redis.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { readerAt } from '../member/member-fixture.ts';
import { type Credentials, type Fate, QUEUE, type Stage, type State } from './state.ts';

/** Weir's user, as `weir acl` has it. */
const WEIR = { username: 'weir', password: 's3cret' };

/** Longer than any of these tests: whoever waits for a push waits for Redis. In ms. */
const PATIENCE_MS = 600_000;

/** What silence is known by. Generous: a busy machine answers late. In ms. */
const POLL_TIMEOUT_MS = 4_000;

const POLLS = 4;

/** Polls come this soon, for a connection that was dropped is made anew in real time. In ms. */
const EVERY_MS = 250;

/** What was seen in one poll, and what became of the pushes around it. */
export interface Seen {
  readonly push: Fate;
  readonly answering: unknown;
  readonly writable: unknown;
  readonly refusal: unknown;
  readonly troubles: readonly string[];
}

export interface Watched {
  readonly inside: readonly Seen[];
  /** Once the server had left the state; empty where it does not. */
  readonly afterwards: readonly Seen[];
}

/** Puts a server into a state and polls it there, its producers beside; then out of it. */
export async function watch(state: State): Promise<Watched> {
  const ends: (() => void | Promise<void>)[] = [];
  try {
    const dir = await tempDir();
    const pool: PoolConfig = { ...poolOf(), queues: [QUEUE], redis: { probe: 'write' } };
    const user = ['--user', WEIR.username, ...aclRules(pool, featuresOf(pool), `>${WEIR.password}`)];
    const server = await startRedis({ tcp: true, args: [...user, ...((await state.args?.(dir)) ?? [])] });
    ends.push(server.stop);
    const { itemBytes = 100, ...credentials } = state.producer ?? {};
    const producer = await enter(server.port, credentials);
    const admin = await enter(server.port, credentials);
    for (const one of [producer, admin]) ends.push(() => one.disconnect());
    const stage: Stage = {
      ...{ server, admin, dir },
      say: (command) => say(server.port, command),
      atEnd: (end) => void ends.push(end),
    };
    const { host, ...own }: NonNullable<State['weir']> = state.weir ?? WEIR;
    const reader = readerAt(server.port, {
      ...own,
      ...(host !== undefined && { host }),
      ...{ reader: { timeoutMs: POLL_TIMEOUT_MS, own: true }, probe: true },
    });
    ends.push(reader.close);
    const item = 'x'.repeat(itemBytes);
    const push = () => fateOf(producer.rpush(QUEUE, item));

    await state.enter?.(stage);
    const inside = await poll(reader, push, state);
    if (state.leave === undefined) return { inside, afterwards: [] };
    await state.leave(stage);
    return { inside, afterwards: await poll(reader, push, { pushes: 'accepted' }) };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function poll(
  reader: ReturnType<typeof readerAt>,
  push: () => Promise<Fate>,
  { pushes, deserted }: Pick<State, 'pushes' | 'deserted'>,
): Promise<Seen[]> {
  const seen: (Omit<Seen, 'push'> & { readonly pushed: readonly Fate[] })[] = [];
  // Whoever hangs waits all the time; what comes of it is looked at in the end.
  let waiting: Fate = 'hangs';
  const first = push().then((fate) => (waiting = fate));
  if (pushes !== 'hangs') await first;
  const pushNow = async () => (pushes === 'hangs' || deserted ? [] : [await push()]);
  for (let count = 0; count < POLLS; count += 1) {
    if (count > 0) await sleep(EVERY_MS);
    const before = await pushNow();
    const { signals, troubles } = await reader.read();
    const { answering, writable, refusal } = signals;
    seen.push({ answering, writable, refusal, troubles, pushed: [...before, ...(await pushNow())] });
  }
  const last: Fate = pushes === 'hangs' ? waiting : await push();
  return seen.map(({ pushed, ...rest }) => {
    return { ...rest, push: [...new Set(pushed.length === 0 ? [last] : pushed)].join(' or ') };
  });
}

async function enter(port: number, { username, password }: Credentials): Promise<Redis> {
  const redis = connectWatched({
    ...{ host: '127.0.0.1', port, timeoutMs: PATIENCE_MS },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: secret(password) }),
  });
  await redis.connect();
  return redis;
}

async function fateOf(push: Promise<unknown>): Promise<Fate> {
  try {
    await push;
    return 'accepted';
  } catch (error) {
    // The end of the test ends it as well.
    return isReply(error) ? (error.message.split(' ')[0] ?? '') : 'hangs';
  }
}

async function say(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write(`${command}\r\n`);
    const [answer] = await once(socket, 'data');
    return String(answer);
  } finally {
    socket.destroy();
  }
}
