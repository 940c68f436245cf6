import { isIPv6 } from 'node:net';
import { shortAddress } from '../../lib/ip-address.ts';

/** `address:port` as ipvsadm, Redis and people write it: IPv6 in brackets, in its short form. */
export function endpoint(address: string, port: number): string {
  return isIPv6(address) ? `[${shortAddress(address)}]:${port}` : `${address}:${port}`;
}
