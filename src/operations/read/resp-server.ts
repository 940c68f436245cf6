/** A server on the loopback interface that speaks Redis' protocol and answers as it is told. */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Answer } from '../../model/readings/capture.ts';

/** It hangs up. */
export const HANGS_UP = Symbol('hangs up');

export interface RespServerOptions {
  /** To a command as one text: `CONFIG GET maxmemory`. Undefined: no answer ever comes. */
  reply(command: string): Answer | typeof HANGS_UP | undefined;
  /** To everybody who connects, as it goes over the wire; and whether it hangs up then. */
  greet?(): { readonly words?: string; readonly hangsUp: boolean };
}

export interface RespServer {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startRespServer({ reply, greet }: RespServerOptions): Promise<RespServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    const { words, hangsUp = false } = greet?.() ?? {};
    if (words !== undefined) socket.write(words);
    if (hangsUp) {
      socket.end();
      return;
    }
    readCommands(socket, (command) => {
      const answer = reply(command);
      if (answer === HANGS_UP) socket.destroy();
      else if (answer !== undefined) socket.write(encode(answer));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** RESP 2 (redis.io/docs/reference/protocol-spec): a line ends at the first CR LF, so there is none in it. */
function encode(answer: Answer): string {
  if (typeof answer !== 'string') return `*${answer.list.length}\r\n${answer.list.map(bulk).join('')}`;
  if (/^:-?\d{1,18}$/.test(answer)) return `${answer}\r\n`;
  if (/^[-+]/.test(answer)) return `${answer.replaceAll(/[\r\n]+/g, ' ')}\r\n`;
  return bulk(answer);
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

/** A client sends each command as a list of bulks; what is none ends the connection. */
function readCommands(socket: Socket, onCommand: (command: string) => void): void {
  let rest = '';
  // One character for each byte, so that lengths are those of the wire.
  socket.setEncoding('latin1');
  socket.on('data', (part: string) => {
    rest += part;
    for (;;) {
      const command = takeCommand();
      if (command === undefined) return;
      onCommand(command);
    }
  });

  function takeCommand(): string | undefined {
    const head = /^\*(\d+)\r\n/.exec(rest);
    if (head === null) return undefined;
    let at = head[0].length;
    const words: string[] = [];
    for (let count = Number(head[1]); count > 0; count -= 1) {
      const size = /^\$(\d+)\r\n/.exec(rest.slice(at, at + 20));
      if (size === null) return undefined;
      const start = at + size[0].length;
      at = start + Number(size[1]) + 2;
      if (at > rest.length) return undefined;
      words.push(rest.slice(start, at - 2));
    }
    rest = rest.slice(at);
    return words.join(' ');
  }
}
