/** IP addresses as text, and as `ip` of iproute2 shows them. */

import { isIP } from 'node:net';

/**
 * One spelling for every IPv6 address, so that two can be compared as text. Any other text stays as it is. The URL parser
 * writes it as RFC 5952 says, which is also what inet_ntop(3), the kernel and keepalived print.
 */
export function shortAddress(address: string): string {
  const url = `http://[${address}]`;
  return address.includes(':') && URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : address;
}

/** Whether a host, also as a URL has it, is this one and no other can reach it. */
export function isLoopback(host: string): boolean {
  return ['localhost', '::1', '[::1]'].includes(host) || (isIP(host) === 4 && host.startsWith('127.'));
}

/** An interface of `ip -json address`. */
export interface ShownInterface {
  readonly ifname?: string;
  /** The MAC address of the link. */
  readonly address?: string;
  readonly flags?: readonly string[];
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

/** What `ip -json address` shows; `device` names one interface. @throws what `run` throws */
export async function shownInterfaces(
  run: (program: string, args: readonly string[]) => Promise<string>,
  device?: string,
): Promise<readonly ShownInterface[]> {
  const only = device === undefined ? [] : ['dev', device];
  return JSON.parse(await run('ip', ['-json', 'address', 'show', ...only])) as readonly ShownInterface[];
}
