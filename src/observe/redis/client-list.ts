/** CLIENT LIST: who is connected to a member, and from where. O(clients) and blocking: 4 ms at 5,000. Never with every poll. */

import { shortAddress } from '../../lib/ip-address.ts';
import { TAKERS } from './calls.ts';

export interface Client {
  readonly id: string;
  /** Where it comes from, address:port. */
  readonly addr: string;
  /** What it connected to: VIP:port through the director, the member's own address otherwise. Redis 6.2 or later. */
  readonly laddr: string;
  readonly name: string;
  /** Its last command. */
  readonly command: string;
  readonly idleSeconds: number;
  readonly ageSeconds: number;
}

/** Never throws: a line without an id is passed over. */
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

/** A connection whose last command takes items. */
export function isConsumer(client: Client): boolean {
  return TAKERS.has(client.command.toLowerCase().split('|')[0] ?? '');
}

/** `address:port` as CLIENT LIST writes it: IPv6 in brackets, in its short form. */
export function localAddress(address: string, port: number): string {
  return address.includes(':') ? `[${shortAddress(address)}]:${port}` : `${address}:${port}`;
}
