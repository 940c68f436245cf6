import type { PoolConfig } from '../../model/config.ts';
import type { AddressFact } from './facts.ts';

/** The VIP on an interface of the node, lo or the VRRP interface. */
export function vipOn(
  addresses: readonly AddressFact[] | undefined,
  pool: PoolConfig,
  device: string,
): AddressFact | undefined {
  return addresses?.find((one) => one.interface === device && sameAddress(one.address, pool.vip.address));
}

export function isOnDevice(addresses: readonly AddressFact[] | undefined, pool: PoolConfig, device: string): boolean {
  return vipOn(addresses, pool, device) !== undefined;
}

/** iproute2 and weir.yaml may spell an IPv6 address differently. */
export function sameAddress(one: string, other: string): boolean {
  return short(one) === short(other);
}

function short(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]`).hostname : address;
}

/** Its name as sysctl(8) takes it: the point of a VLAN's interface (eth0.100) is a slash there. */
export function arpSysctl(device: string, key: string): string {
  return `net.ipv4.conf.${device.replaceAll('.', '/')}.${key}`;
}
