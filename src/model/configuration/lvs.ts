/** What the kernel's LVS and ipvsadm make of the settings of a pool. */

import type { PoolConfig } from './config.ts';

/** Schedulers that know a weight only as zero or not (docs/hazards.md#t16; ip_vs_rr.c, ip_vs_lc.c). */
export const BLIND_TO_WEIGHTS: ReadonlySet<string> = new Set(['rr', 'lc']);

/** Options of ipvsadm. */
export const FORWARDING_FLAG: Readonly<Record<PoolConfig['lvs']['forwarding'], string>> = {
  'direct-routing': '-g',
  nat: '-m',
  tunnel: '-i',
};
