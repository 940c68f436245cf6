/** The terminal's answer to "who is connected?". Pure. */

import { oneLine } from '../../lib/text/plain-text.ts';
import { formatDuration } from '../../model/duration.ts';
import type { Client } from '../../model/readings/client.ts';

export interface MemberClients {
  readonly member: string;
  /** Why there are no groups: "gives no answer", or what Redis said. */
  readonly trouble?: string;
  readonly groups?: {
    readonly producers: readonly Client[];
    readonly consumers: readonly Client[];
    readonly consumersOnVip: readonly Client[];
    readonly others: readonly Client[];
  };
}

/** So many hosts of one kind are listed. Further ones are counted. */
const SHOWN_HOSTS = 12;

const TITLES = [
  ['producers', 'producers, through the VIP'],
  ['consumers', 'consumers, direct'],
  ['consumersOnVip', 'CONSUMERS THROUGH THE VIP: they empty one member and starve the others'],
  ['others', 'others, direct'],
] as const;

/** One paragraph per member, one line per host that is connected to it. */
export function formatClients(members: readonly MemberClients[]): string {
  return members.map(formatMember).join('\n\n');
}

function formatMember({ member, groups, trouble = 'gives no answer' }: MemberClients): string {
  if (groups === undefined) return `${member}: ${oneLine(trouble)}`;
  const lines = [member];
  for (const [key, title] of TITLES) {
    const clients = groups[key];
    if (clients.length === 0) continue;
    lines.push(`  ${clients.length} ${title}`);
    const hosts = byHost(clients);
    for (const [host, all] of [...hosts].slice(0, SHOWN_HOSTS)) lines.push(`    ${formatHost(host, all)}`);
    if (hosts.size > SHOWN_HOSTS) lines.push(`    and ${hosts.size - SHOWN_HOSTS} hosts more`);
  }
  if (lines.length === 1) lines.push('  nobody is connected');
  return lines.join('\n');
}

function formatHost(host: string, all: readonly Client[]): string {
  const names = [...new Set(all.map((client) => client.name).filter((name) => name !== ''))];
  const commands = [...new Set(all.map((client) => client.command))].slice(0, 3);
  const oldest = Math.max(...all.map((client) => client.ageSeconds));
  const idle = Math.min(...all.map((client) => client.idleSeconds));
  const parts = [
    host.padEnd(22),
    `${all.length} connection${all.length === 1 ? '' : 's'}`,
    `since ${formatDuration(oldest * 1_000)}`,
    `idle ${formatDuration(idle * 1_000)}`,
    `last ${commands.join(', ')}`,
    ...(names.length > 0 ? [`named ${names.slice(0, 3).join(', ')}`] : []),
  ];
  return oneLine(parts.join('  '));
}

function byHost(clients: readonly Client[]): Map<string, Client[]> {
  const hosts = new Map<string, Client[]>();
  for (const client of clients) hosts.set(hostOf(client.addr), [...(hosts.get(hostOf(client.addr)) ?? []), client]);
  return hosts;
}

function hostOf(addr: string): string {
  return addr.slice(0, addr.lastIndexOf(':'));
}
