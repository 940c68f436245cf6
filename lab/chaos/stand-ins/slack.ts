/** A stand-in for Slack's Web API: takes every message and keeps its text. */

import { once } from 'node:events';
import { createServer } from 'node:http';

export interface SlackStandIn {
  readonly url: string;
  /** What people were told, oldest first. */
  readonly told: readonly { readonly at: number; readonly text: string }[];
  stop(): Promise<void>;
}

export async function startSlack(onTold: (text: string) => void): Promise<SlackStandIn> {
  const told: { at: number; text: string }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = new URLSearchParams(Buffer.concat(chunks).toString('utf8')).get('text') ?? '';
      told.push({ at: Date.now(), text });
      onTold(text);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ok: true, channel: 'C1', ts: String(told.length) }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}/api/`,
    told,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
