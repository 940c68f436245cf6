/** Finds what the kernel's LVS table has beyond keepalived.conf. Pure: it gets the parsed table. */

import { defined } from '../../lib/defined.ts';
import type { ExistingInstance } from './existing/instance.ts';
import type { Forwarding } from './existing/member.ts';
import type { Candidate } from './existing/pools.ts';
import type { ExistingTable } from './existing/table.ts';
import type { LiveService } from './live-service.ts';

/** `Local` is the server's own address, whatever way the others are reached (docs/hazards.md#t31). */
const FORWARDING: Readonly<Record<string, Forwarding>> = { Masq: 'nat', Tunnel: 'tunnel' };

/** Returns services for a VIP of keepalived that have no virtual_server: a notify program may add them with ipvsadm. */
export function kernelTables(
  services: readonly LiveService[],
  written: readonly ExistingTable[],
  instances: readonly ExistingInstance[],
): ExistingTable[] {
  const vips = new Set(instances.flatMap(({ vips }) => vips.map(({ address }) => address)));
  return services
    .filter(({ protocol, address }) => protocol === 'TCP' && address !== undefined && vips.has(address))
    .filter(({ address, port }) => !written.some((table) => table.address === address && table.port === port))
    .map((service) => {
      const remote = service.destinations.find(({ forwarding }) => forwarding !== 'Local');
      const forwarding = FORWARDING[remote?.forwarding ?? ''] ?? 'direct-routing';
      return {
        label: `the service ${service.address} ${service.port} of the kernel's table`,
        ...defined({ address: service.address, port: service.port }),
        protocol: service.protocol,
        scheduler: service.scheduler,
        isPersistent: false,
        hasFallback: true,
        members: service.destinations.map(({ address, port, weight }) => ({ address, port, weight, forwarding })),
        otherChecks: [],
        oddities: [],
      };
    });
}

export function liveServiceOf(
  services: readonly LiveService[],
  { table, vip }: Pick<Candidate, 'table' | 'vip'>,
): LiveService | undefined {
  return services.find((service) =>
    table.mark === undefined
      ? service.protocol === 'TCP' && service.address === vip.address && service.port === vip.port
      : service.protocol === 'FWM' && service.mark === table.mark,
  );
}
