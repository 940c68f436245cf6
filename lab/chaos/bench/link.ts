/** A TCP path between a process and a Redis that can be cut, slowed or garbled. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * - `pass`: as it is.
 * - `silent`: nothing ends and nothing arrives, also for what connects now: a path that is cut. What was sent meanwhile
 *   arrives when the path is back, as TCP has it.
 * - `slow`: every answer takes `delayMs`.
 * - `garbage`: answers are random bytes.
 * - `half`: of every answer the first half, and then nothing.
 */
export type LinkMood = 'pass' | 'silent' | 'slow' | 'garbage' | 'half';

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface Link {
  readonly port: number;
  readonly mood: LinkMood;
  /** @param from whose connections are so, by address; left out: all. The others pass. */
  set(mood: LinkMood, from?: readonly string[]): void;
  /** Where new connections go. */
  target: Target;
  /** Ends every connection that is open. */
  reset(): void;
  stop(): Promise<void>;
}

const SLOW_MS = 2_000;

export async function startLink(input: { host: string; port?: number; target: Target }): Promise<Link> {
  /** Of both ends, with the address that the connection has come from. */
  const sockets = new Map<Socket, string>();
  const link = { mood: 'pass' as LinkMood, target: input.target };
  let only: readonly string[] | undefined;
  const moodFor = (client: string): LinkMood => (only === undefined || only.includes(client) ? link.mood : 'pass');

  function carry(from: Socket, to: Socket, client: string, isAnswer: boolean): void {
    from.on('data', (data) => {
      const mood = moodFor(client);
      if (mood === 'pass' || mood === 'silent' || !isAnswer) to.write(data);
      else if (mood === 'garbage') to.write(randomBytes(data.length));
      else if (mood === 'half') to.write(data.subarray(0, data.length / 2));
      else setTimeout(() => to.writable && to.write(data), SLOW_MS);
    });
    from.on('error', () => {});
    from.on('close', () => {
      sockets.delete(from);
      // A path that is cut does not carry the end of a connection either.
      if (moodFor(client) !== 'silent') to.destroy();
    });
  }

  const server = createServer((socket) => {
    const up = connect(link.target);
    const client = socket.remoteAddress ?? '';
    carry(socket, up, client, false);
    carry(up, socket, client, true);
    for (const one of [socket, up]) {
      sockets.set(one.setNoDelay(true), client);
      if (moodFor(client) === 'silent') one.pause();
    }
  }).listen(input.port ?? 0, input.host);
  await once(server, 'listening');
  const reset = () => {
    for (const socket of sockets.keys()) socket.destroy();
    sockets.clear();
  };
  return Object.assign(link, {
    port: (server.address() as { port: number }).port,
    reset,
    set(mood: LinkMood, from?: readonly string[]) {
      link.mood = mood;
      only = from;
      for (const [socket, client] of sockets)
        if (moodFor(client) === 'silent') socket.pause();
        else socket.resume();
    },
    async stop() {
      reset();
      server.close();
      await once(server, 'close');
    },
  });
}
