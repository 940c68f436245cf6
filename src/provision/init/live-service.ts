/** A service of the kernel's LVS table, beside what keepalived.conf says of it. */

import type { RealServer } from '../../model/readings/readout.ts';

/** As src/observe/director/ip-vs.ts parses it. */
export interface LiveService {
  /** TCP, or FWM for one by its mark. */
  readonly protocol: string;
  readonly address?: string;
  readonly port?: number;
  readonly mark?: number;
  readonly scheduler: string;
  readonly destinations: readonly Omit<RealServer, 'active' | 'inactive'>[];
}
