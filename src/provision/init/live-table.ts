/** What the kernel's LVS table adds to a keepalived.conf. Pure: the parsed table is handed in. */

import { defined } from '../../lib/defined.ts';
import type { ExistingInstance } from './existing/instance.ts';
import type { Forwarding } from './existing/member.ts';
import type { Candidate } from './existing/pools.ts';
import type { ExistingTable } from './existing/table.ts';
import type { LiveService } from './live-service.ts';

/** Local is the server's own address, however the others are reached (T31). */
const FORWARDING: Readonly<Record<string, Forwarding>> = { Masq: 'nat', Tunnel: 'tunnel' };

/** Services for a VIP of keepalived that no virtual_server is about: a notify program may put them there with ipvsadm. */
export function kernelTables(
  services: readonly LiveService[],
  written: readonly ExistingTable[],
  instances: readonly ExistingInstance[],
): ExistingTable[] {
  const vips = new Set(instances.flatMap(({ vips }) => vips.map(({ address }) => address)));
  return services
    .filter(({ protocol, address }) => protocol === 'TCP' && address !== undefined && vips.has(address))
    .filter(({ address, port }) => !written.some((one) => one.address === address && one.port === port))
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
  return services.find((one) =>
    table.mark === undefined
      ? one.protocol === 'TCP' && one.address === vip.address && one.port === vip.port
      : one.protocol === 'FWM' && one.mark === table.mark,
  );
}
