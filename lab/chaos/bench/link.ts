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
  set(mood: LinkMood): void;
  /** Where new connections go. */
  target: Target;
  /** Ends every connection that is open. */
  reset(): void;
  stop(): Promise<void>;
}

const SLOW_MS = 2_000;

export async function startLink(input: { host: string; port?: number; target: Target }): Promise<Link> {
  const sockets = new Set<Socket>();
  const link = { mood: 'pass' as LinkMood, target: input.target };

  function carry(from: Socket, to: Socket, isAnswer: boolean): void {
    from.on('data', (data) => {
      const { mood } = link;
      if (mood === 'pass' || mood === 'silent' || !isAnswer) to.write(data);
      else if (mood === 'garbage') to.write(randomBytes(data.length));
      else if (mood === 'half') to.write(data.subarray(0, data.length / 2));
      else setTimeout(() => to.writable && to.write(data), SLOW_MS);
    });
    from.on('error', () => {});
    from.on('close', () => {
      sockets.delete(from);
      // A path that is cut does not carry the end of a connection either.
      if (link.mood !== 'silent') to.destroy();
    });
  }

  const server = createServer((socket) => {
    const up = connect(link.target);
    carry(socket, up, false);
    carry(up, socket, true);
    for (const one of [socket, up]) {
      sockets.add(one.setNoDelay(true));
      if (link.mood === 'silent') one.pause();
    }
  }).listen(input.port ?? 0, input.host);
  await once(server, 'listening');
  const reset = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return Object.assign(link, {
    port: (server.address() as { port: number }).port,
    reset,
    set(mood: LinkMood) {
      link.mood = mood;
      for (const socket of sockets)
        if (mood === 'silent') socket.pause();
        else socket.resume();
    },
    async stop() {
      reset();
      server.close();
      await once(server, 'close');
    },
  });
}
