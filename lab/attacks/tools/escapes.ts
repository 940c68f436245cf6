/** Text that a terminal obeys, and a broker that refuses with it whatever is asked. */

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Its title, a cleared screen, colours by a one-byte CSI, text turned around. */
export const ESCAPES = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202elanigiro';

/** What of it, or of its kind, is left in a text. Line ends and tabs belong to every text. */
export function controlCharactersIn(text: string): string[] {
  return text.match(/(?![\t\n])\p{Cc}|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu) ?? [];
}

/** It lets everybody in, as RESP 3 has it. */
const DOOR: Readonly<Record<string, string>> = {
  HELLO: '%1\r\n+proto\r\n:3\r\n',
  INFO: '$9\r\nloading:0\r\n',
  CLIENT: '+OK\r\n',
};

export async function startRefusingBroker(): Promise<{ readonly port: number; stop(): void }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      for (const command of data
        .toString()
        .split(/^\*\d+\r\n/m)
        .slice(1)) {
        socket.write(DOOR[command.split('\r\n')[1]?.toUpperCase() ?? ''] ?? `-ERR ${ESCAPES}\r\n`);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, stop: () => server.close() };
}
