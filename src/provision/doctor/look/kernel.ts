/** Asks the kernel about this node: sysctls, addresses, who listens, what a process may do. */

import { readFile } from 'node:fs/promises';
import { defined } from '../../../lib/defined.ts';
import { shortAddress, shownInterfaces } from '../../../lib/ip-address.ts';
import { messageOf } from '../../../model/error.ts';
import { CAP_NET_ADMIN } from '../../apply/requirements.ts';
import type { AddressFact } from '../facts.ts';
import { isForbidden, isMissing, type Note, type Parts } from './parts.ts';

/** Reads sysctls. A missing one gets no note: ip_vs is not loaded, or there is no such interface. */
export async function readSysctls(keys: readonly string[], note: Note): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  await Promise.all(
    keys.map(async (key) => {
      try {
        const path = key.replaceAll(/[./]/g, (sign) => (sign === '.' ? '/' : '.'));
        values[key] = Number((await readFile(`/proc/sys/${path}`, 'utf8')).trim());
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') note(`The sysctl ${key}: ${messageOf(error)}.`);
      }
    }),
  );
  return values;
}

export async function readAddresses({
  run,
  note,
  isAskedFor,
}: Pick<Parts, 'run' | 'note' | 'isAskedFor'>): Promise<AddressFact[] | undefined> {
  try {
    const shown = await shownInterfaces(run);
    return shown.flatMap(({ ifname = '', address, addr_info: all = [] }) =>
      all.flatMap(({ local, prefixlen: prefix }) =>
        local === undefined || prefix === undefined
          ? []
          : [
              {
                interface: ifname,
                ...defined({ mac: address }),
                address: local,
                prefix,
                isAskedFor: isAskedFor(ifname),
              },
            ],
      ),
    );
  } catch (error) {
    note(`The addresses of this host: ${isMissing(error) ? 'ip is not installed (iproute2).' : messageOf(error)}`);
    return undefined;
  }
}

/** TCP_LISTEN of include/net/tcp_states.h. */
const LISTEN = '0A';

/**
 * Whether something takes connections to that address and port. Redis listens on :: for IPv6 only (anet.c, anetV6Only),
 * so an IPv4 address needs a socket of its own.
 */
export async function readListening(address: string, port: number, note: Note): Promise<boolean | undefined> {
  const file = address.includes(':') ? '/proc/net/tcp6' : '/proc/net/tcp';
  try {
    return isListening(await readFile(file, 'latin1'), address, port);
  } catch (error) {
    note(`Who listens on ${address} port ${port}: ${messageOf(error)}.`);
    return undefined;
  }
}

/** Reads a line of /proc/net/tcp or tcp6: `0: E551A8C0:18EB 00000000:0000 0A ...`, with 32-bit words in host order. */
export function isListening(table: string, address: string, port: number): boolean {
  return table.split('\n').some((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    const [host = '', hexPort = ''] = local.split(':');
    if (state !== LISTEN || Number.parseInt(hexPort, 16) !== port) return false;
    return /^0+$/.test(host) || bytesOf(host) === addressBytes(address);
  });
}

/** Words are little-endian, as on every machine that Weir runs on. */
function bytesOf(hex: string): string {
  return (hex.match(/.{8}/g) ?? [])
    .map((word) => (word.match(/../g) ?? []).reverse().join(''))
    .join('')
    .toLowerCase();
}

function addressBytes(address: string): string {
  if (!address.includes(':')) {
    return address
      .split('.')
      .map((part) => Number(part).toString(16).padStart(2, '0'))
      .join('');
  }
  const [head = '', tail = ''] = shortAddress(address).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => group.padStart(4, '0')));
  const [before, after] = [groups(head), groups(tail)];
  return [...before, ...Array(8 - before.length - after.length).fill('0000'), ...after].join('');
}

export async function mayChangeTable(pid: number, note: Note): Promise<boolean | undefined> {
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    if (effective !== undefined) return (BigInt(`0x${effective}`) & CAP_NET_ADMIN) !== 0n;
    note(`The capabilities of weir node (pid ${pid}): this kernel shows none.`);
  } catch (error) {
    note(`The capabilities of weir node (pid ${pid}): ${isForbidden(error) ? 'no permission' : messageOf(error)}.`);
  }
  return undefined;
}
