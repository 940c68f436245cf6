/** A stand-in for Slack's Web API: takes every message and keeps what people read in it. Pictures it takes none. */

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
  const states = new Map<string, string>();
  /** Not where only figures have changed. */
  const isNewState = (method: string, form: URLSearchParams) => {
    if (method !== 'chat.update') return false;
    const [ts = '', state = ''] = [form.get('ts') ?? '', (form.get('text') ?? '').split(':')[0]];
    // It was posted as it fired.
    const before = states.get(ts) ?? 'FIRING';
    states.set(ts, state);
    return !state.includes(before.replace(/^\S+ /, ''));
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const method = request.url?.split('/').at(-1) ?? '';
      const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
      // Faults come one after the other, which to people is a member that flaps: its message is only kept true.
      const texts = method === 'chat.postMessage' || isNewState(method, form) ? textsOf(form) : [];
      for (const text of texts) {
        told.push({ at: Date.now(), text });
        onTold(text);
      }
      response.setHeader('content-type', 'application/json');
      const isTaken = method.startsWith('chat.');
      response.end(
        JSON.stringify(
          isTaken ? { ok: true, channel: 'C1', ts: String(told.length) } : { ok: false, error: 'not_here' },
        ),
      );
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

/** What a message says: its text, and of a reply the head of everything that it tells. */
function textsOf(form: URLSearchParams): string[] {
  const text = form.get('text') ?? '';
  if (form.get('thread_ts') === null) return [text];
  const blocks = JSON.parse(form.get('blocks') ?? '[]') as { text?: { text: string } }[];
  return blocks.map((block) => (block.text?.text ?? '').split('\n')[0]?.replaceAll('*', '') ?? '');
}
