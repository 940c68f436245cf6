/** Tells whether the directors of a pool are other servers than its real servers. Pure. */

import { isIP } from 'node:net';
import { listed } from '../keepalived/lines.ts';
import type { LiveService } from '../live-service.ts';
import type { ExistingInstance } from './instance.ts';
import type { ExistingTable } from './table.ts';

export interface DirectorSigns {
  readonly table: ExistingTable;
  readonly instance: ExistingInstance;
  /** The addresses of the server that this runs on, without the VIPs. */
  readonly local: ReadonlySet<string>;
  /** The kernel's table of this server. */
  readonly services: readonly LiveService[];
}

const CANNOT =
  'Weir needs each node to be both: it reads Redis, VRRP and the LVS table on one server, drains a member there and gives the VIP to another one. Directors of their own it can neither watch nor act on';

/** Says why this is no pool for Weir; undefined unless its directors are known not to be its members. */
export function directorsOf({ table, instance, local, services }: DirectorSigns): string | undefined {
  const members = table.members.map(({ address }) => address);
  const directors = [...(instance.ownAddress === undefined ? [] : [instance.ownAddress]), ...instance.peers];
  // On a member the answer is certain, also where VRRP has a network of its own.
  const isMemberHere =
    members.some((address) => local.has(address)) &&
    (instance.ownAddress === undefined || local.has(instance.ownAddress));
  if (isMemberHere || members.length === 0) return undefined;
  if (directors.length > 0 && !directors.some((address) => members.includes(address))) {
    const isBeside = directors.some((address) => members.some((other) => networkOf(address) === networkOf(other)));
    if (isBeside || table.members[0]?.forwarding === 'nat') {
      const plural = directors.length > 1;
      return `its director${plural ? 's' : ''} ${listed(directors)} ${plural ? 'are' : 'is'} none of the real servers ${listed(members)}. ${CANNOT}`;
    }
  }
  const schedulesThem = services.some(({ destinations }) =>
    destinations.some(({ address }) => members.includes(address)),
  );
  if (schedulesThem && !members.some((address) => local.has(address))) {
    return `this server is its director, and none of the real servers ${listed(members)}. ${CANNOT}`;
  }
  return undefined;
}

/** Masks are not known here: servers side by side share the first 24 bits of IPv4, or 64 of IPv6. */
function networkOf(address: string): string {
  if (isIP(address) === 4) return address.split('.').slice(0, 3).join('.');
  const [before = '', after] = address.split('::');
  const head = before.split(':');
  const zeros = after === undefined ? 0 : 8 - head.length - after.split(':').length;
  return [...head, ...Array.from({ length: Math.max(zeros, 0) }, () => '0')].slice(0, 4).join(':');
}
