/** Floods of a page's port, of bounded size, as anybody who reaches it can make them. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Flood {
  /** Connections that the server has closed so far. */
  readonly closed: () => number;
  stop(): void;
}

/** Connections that say nothing. */
export async function connectSilently(port: number, count: number): Promise<Flood> {
  let closed = 0;
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => {
      closed += 1;
    });
    return socket.resume();
  });
  await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])));
  return {
    closed: () => closed,
    stop() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

const REQUESTS = Buffer.from('GET /xx HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(1_500));

/** Connections that ask on and on and never read an answer; one that is closed is made anew. */
export function askWithoutReading(port: number, count: number): Flood {
  const open = new Set<Socket>();
  let closed = 0;
  let isOver = false;
  const start = () => {
    const socket = connect(port, '127.0.0.1').pause();
    open.add(socket);
    // Not within one turn of the loop: the attacker would hold itself up.
    const ask = (error?: Error | null) => {
      if (!error) setImmediate(() => socket.writable && socket.write(REQUESTS, ask));
    };
    socket.on('connect', () => ask());
    socket.on('error', () => {});
    socket.on('close', () => {
      closed += 1;
      open.delete(socket);
      if (!isOver) setTimeout(start, 20);
    });
  };
  for (let i = 0; i < count; i += 1) start();
  return {
    closed: () => closed,
    stop() {
      isOver = true;
      for (const socket of open) socket.destroy();
    },
  };
}
