import { shortAddress } from '../../lib/ip-address.ts';
import type { PoolConfig } from '../../model/configuration/config.ts';
import type { AddressFact } from './facts.ts';

/** Finds the VIP on this interface of the node. */
export function vipOn(
  addresses: readonly AddressFact[] | undefined,
  pool: PoolConfig,
  device: string,
): AddressFact | undefined {
  return addresses?.find((own) => own.interface === device && sameAddress(own.address, pool.vip.address));
}

/**
 * Finds the VIP where clients do: on the VRRP interface of the node, or on the one where keepalived puts it instead (`dev`,
 * use_vmac).
 */
export function vipForClients(
  addresses: readonly AddressFact[] | undefined,
  pool: PoolConfig,
  device: string,
): AddressFact | undefined {
  const elsewhere = addresses?.find((own) => own.isAskedFor && sameAddress(own.address, pool.vip.address));
  return vipOn(addresses, pool, device) ?? elsewhere;
}

/** iproute2 and weir.yaml may spell an IPv6 address differently. */
export function sameAddress(one: string, other: string): boolean {
  return shortAddress(one) === shortAddress(other);
}

/** Writes the setting as sysctl(8) takes it: the dot in a VLAN's interface (eth0.100) is a slash there. */
export function arpSysctl(device: string, key: string): string {
  return `net.ipv4.conf.${device.replaceAll('.', '/')}.${key}`;
}
