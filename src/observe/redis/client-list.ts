/** Parses CLIENT LIST: who is connected to a member. It blocks Redis (4 ms at 5,000 clients), so no poll asks each time. */

import { shortAddress } from '../../lib/ip-address.ts';
import type { Client } from '../../model/readings/client.ts';
import { TAKERS } from './calls.ts';

/** Never throws: a line without an id is skipped. */
export function parseClientList(text: string): Client[] {
  return text.split('\n').flatMap((line) => {
    const fields = new Map<string, string>();
    for (const part of line.trim().split(' ')) {
      const equals = part.indexOf('=');
      if (equals > 0) fields.set(part.slice(0, equals), part.slice(equals + 1));
    }
    const id = fields.get('id');
    if (id === undefined) return [];
    const field = (name: string) => fields.get(name) ?? '';
    return [
      {
        id,
        addr: field('addr'),
        laddr: field('laddr'),
        name: field('name'),
        command: field('cmd'),
        idleSeconds: Number(field('idle')) || 0,
        ageSeconds: Number(field('age')) || 0,
      },
    ];
  });
}

/** Whether the last command of a connection takes items. */
export function isConsumer(client: Client): boolean {
  return TAKERS.has(client.command.toLowerCase().split('|')[0] ?? '');
}

/** Writes `address:port` as CLIENT LIST does: IPv6 in brackets, in its short form. */
export function localAddress(address: string, port: number): string {
  return address.includes(':') ? `[${shortAddress(address)}]:${port}` : `${address}:${port}`;
}
