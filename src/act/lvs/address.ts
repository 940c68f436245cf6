import { isIPv6 } from 'node:net';

/** `address:port` as ipvsadm, Redis and people write it: IPv6 in brackets, in its short form. */
export function endpoint(address: string, port: number): string {
  return isIPv6(address) ? `[${shortIPv6(address)}]:${port}` : `${address}:${port}`;
}

/** One spelling for every IPv6 address, so that two can be compared as text. */
function shortIPv6(address: string): string {
  // The URL parser writes an IPv6 host as RFC 5952 says, which is also what inet_ntop(3) prints.
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
