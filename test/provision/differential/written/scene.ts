/** The servers, VIPs and interfaces that a generated configuration speaks of. They exist in its namespace. Pure. */

import type { Chance } from '../../../model-check/chance.ts';

export const INTERFACES = ['eth0', 'eth1', 'bond0'];
export type Family = 4 | 6;

export interface Instance {
  readonly name: string;
  readonly routerId: number;
  readonly interface: string;
  readonly family: Family;
  readonly vips: readonly string[];
}

export interface Scene {
  readonly instances: readonly Instance[];
  /** Of every pool: the file's author has one or two sets of servers. */
  readonly servers: Readonly<Record<Family, readonly string[]>>;
  /** The addresses of the server on which `weir init` runs: of one of them, or of a director beside them. */
  readonly own: readonly string[];
  readonly configId: string;
}

export function serverAddress(family: Family, index: number): string {
  return family === 4 ? `192.0.2.${11 + index}` : `2001:db8::${11 + index}`;
}

function vipAddress(family: Family, index: number): string {
  return family === 4 ? `192.0.2.${100 + index}` : `2001:db8::${100 + index}`;
}

export function sceneOf(chance: Chance): Scene {
  const count = 2 + chance.int(3);
  const of = (family: Family) => Array.from({ length: count }, (_, index) => serverAddress(family, index));
  const self = chance.once(10) ? count : chance.int(count);
  const servers = { 4: of(4), 6: of(6) } as const;
  let vip = 0;
  const instances = Array.from({ length: 1 + chance.int(3) }, (_, index): Instance => {
    const family: Family = chance.once(6) ? 6 : 4;
    return {
      name: chance.pick([`VI_${index + 1}`, `redis-${index + 1}`, `lvs.${index + 1}`]),
      routerId: 51 + index,
      interface: chance.pick(index === 0 ? ['eth0', 'eth0', 'eth1', 'bond0'] : INTERFACES),
      family,
      vips: Array.from({ length: 1 + chance.int(3) }, () => vipAddress(family, vip++)),
    };
  });
  return {
    instances,
    servers,
    own: self === count ? ['192.0.2.1', '2001:db8::1'] : [servers[4][self] as string, servers[6][self] as string],
    configId: chance.pick(['left', 'lvs-1', 'node_a']),
  };
}
