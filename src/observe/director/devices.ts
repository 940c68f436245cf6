/** Finds the interfaces of this node that have an address. */

import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { shortAddress } from '../../lib/ip-address.ts';

/**
 * Returns the interfaces that are up and have the address. Node asks the kernel, without a program. An IPv4 address with a
 * label stands under its label: `eth0:vip`.
 */
export function devicesWith(
  address: string,
  interfaces: () => ReturnType<typeof networkInterfaces> = networkInterfaces,
): string[] {
  const wanted = shortAddress(address);
  const having = Object.entries(interfaces()).filter(([, all]) =>
    all?.some((info) => shortAddress(info.address) === wanted),
  );
  return [...new Set(having.map(([label]) => label.split(':')[0] as string))];
}

/** IFF_LOOPBACK and IFF_NOARP of linux/if.h. */
const NOT_ASKED_FOR = 0x8 | 0x80;

/**
 * Whether clients find an address through this interface. They do not through lo, a dummy interface or a tunnel: a real
 * server has the VIP there for good, director or not (docs/hazards.md#t1). An interface whose flags cannot be read is taken
 * for an ordinary one.
 */
export function isAskedFor(device: string, sysRoot = '/sys'): boolean {
  try {
    return (Number(readFileSync(join(sysRoot, 'class/net', device, 'flags'), 'utf8')) & NOT_ASKED_FOR) === 0;
  } catch {
    return true;
  }
}
