/** The side of Socket Mode that Slack is: a ticket, hello, envelopes, acknowledgements. */

import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';

export interface SocketSide {
  /** A URL that opens one connection. */
  ticket(): string;
  connections(): number;
  /** Sends an envelope and waits for its acknowledgement. @returns its payload. */
  send(type: 'slash_commands' | 'interactive', payload: unknown): Promise<unknown>;
  /** Slack makes its clients connect anew every few hours. */
  drop(): void;
  stop(): void;
}

/** Slack gives 3 s; a busy machine must not be what fails. In ms. */
const ACK_WITHIN_MS = 30_000;

export function startSocketSide(server: Server, base: string): SocketSide {
  const tickets = new Set<string>();
  const open = new Set<WebSocket>();
  const waiting = new Map<string, (payload: unknown) => void>();
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, stream, head) => {
    const ticket = new URL(request.url ?? '', base).searchParams.get('ticket') ?? '';
    if (!tickets.delete(ticket)) {
      stream.destroy();
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      socket.on('message', (data) => {
        const { envelope_id: id = '', payload } = JSON.parse(String(data)) as {
          envelope_id?: string;
          payload?: unknown;
        };
        waiting.get(id)?.(payload);
        waiting.delete(id);
      });
      socket.send(JSON.stringify({ type: 'hello', num_connections: open.size, connection_info: { app_id: 'A0' } }));
    });
  });
  return {
    ticket() {
      const ticket = randomUUID();
      tickets.add(ticket);
      return `${base.replace('http:', 'ws:')}/link/?ticket=${ticket}`;
    },
    connections: () => open.size,
    async send(type, payload) {
      const [socket] = open;
      if (socket === undefined) throw new Error('nobody is connected');
      const id = randomUUID();
      const acked = new Promise<unknown>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`not acknowledged within ${ACK_WITHIN_MS} ms`)), ACK_WITHIN_MS);
        waiting.set(id, (answer) => {
          clearTimeout(timer);
          resolve(answer);
        });
      });
      const takesPayload = type === 'slash_commands';
      socket.send(JSON.stringify({ envelope_id: id, type, payload, accepts_response_payload: takesPayload }));
      return acked;
    },
    drop() {
      for (const socket of open) {
        socket.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: {} }));
        socket.close();
      }
    },
    stop() {
      for (const socket of open) socket.terminate();
      sockets.close();
    },
  };
}
