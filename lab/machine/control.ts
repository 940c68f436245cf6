/** The lab's side of the agent: a server for the one connection that the agent opens from the guest. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { createCalls } from './calls.ts';
import {
  type AgentMessage,
  type AgentSettings,
  type Operation,
  type Operations,
  type ProgramEvent,
  toLine,
} from './protocol.ts';

export interface Control {
  readonly settings: AgentSettings;
  /** Resolves when the agent has connected. */
  readonly connected: Promise<void>;
  call<Op extends Operation>(op: Op, ask: Operations[Op]['ask']): Promise<Operations[Op]['answer']>;
  /** Fails the questions that wait. The guest then ends by itself. */
  close(reason: Error): void;
}

export interface ControlOptions {
  /** Left out: a free port of the loopback. */
  readonly path?: string;
  /** How the agent reaches this machine's loopback. */
  readonly loopback?: string;
  emit(event: ProgramEvent): void;
}

export async function openControl({ path, loopback = '127.0.0.1', emit }: ControlOptions): Promise<Control> {
  const token = randomBytes(24).toString('hex');
  const calls = createCalls();
  let agent: Socket | undefined;
  let onConnected = () => {};
  let onFailed: (error: Error) => void = () => {};
  const connected = new Promise<void>((resolve, reject) => {
    onConnected = resolve;
    onFailed = reject;
  });
  connected.catch(() => {}); // Told to whoever waits for it.

  const fail = (error: Error) => {
    onFailed(error);
    calls.fail(error);
  };
  const hear = (socket: Socket, message: AgentMessage) => {
    if ('hello' in message) {
      if (agent !== undefined || message.hello !== token) return socket.destroy();
      agent = socket;
      socket.once('close', () => fail(new Error('The lab has lost its guest: its kernel or its agent has ended.')));
      onConnected();
    } else if (socket !== agent) socket.destroy();
    else if ('event' in message) emit(message);
    else calls.settle(message);
  };
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => {}); // `close` follows.
    const lines = createInterface({ input: socket });
    lines.on('error', () => {}); // readline hands on the socket's: a guest that is killed resets the connection.
    lines.on('line', (line) => {
      try {
        hear(socket, JSON.parse(line) as AgentMessage);
      } catch {
        socket.destroy();
      }
    });
  });
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  const address = server.address();
  const control =
    typeof address === 'string' || address === null ? { path: path ?? '' } : { ...address, host: loopback };

  return {
    settings: { control, token },
    connected,
    call(op, ask) {
      const answer = calls.make((id) => agent?.write(toLine({ id, op, ask })));
      return answer as Promise<Operations[typeof op]['answer']>;
    },
    close(reason) {
      fail(reason);
      agent?.destroy();
      server.close();
    },
  };
}
