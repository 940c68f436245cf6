/** Who answers as Redis and never ends: the reply to whatever is asked is a text of 2 GB, as fast as it is taken. */

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

export interface EndlessServer {
  readonly port: number;
  /** What was taken of it, the buffers of the kernel included. */
  readonly sentBytes: () => number;
  /** Connections that were made so far. */
  readonly connections: () => number;
  stop(): Promise<void>;
}

const CHUNK = Buffer.alloc(256 * 1024, 'x');

/** `answersFirst`: so many commands are answered with +OK before. */
export async function startEndlessServer(answersFirst = 0): Promise<EndlessServer> {
  let sent = 0;
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let asked = 0;
    socket.on('data', (data) => {
      asked += data.toString('latin1').split(/^\*\d+\r\n/m).length - 1;
      if (asked <= answersFirst) socket.write('+OK\r\n');
      else pour(socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  function pour(socket: Socket): void {
    socket.removeAllListeners('data');
    socket.resume();
    socket.write('$2000000000\r\n');
    const more = () => {
      while (socket.writable) {
        sent += CHUNK.length;
        if (!socket.write(CHUNK)) return;
      }
    };
    socket.on('drain', more);
    more();
  }

  return {
    port: (server.address() as { port: number }).port,
    sentBytes: () => sent,
    connections: () => connections,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
