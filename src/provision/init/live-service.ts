/** A service of the kernel's LVS table, to compare with keepalived.conf. */

import type { RealServer } from '../../model/readings/readout.ts';

/** The fields that src/observe/director/parse-ip-vs.ts parses. */
export interface LiveService {
  /** TCP, or FWM for one by its mark. */
  readonly protocol: string;
  readonly address?: string;
  readonly port?: number;
  readonly mark?: number;
  readonly scheduler: string;
  readonly destinations: readonly Omit<RealServer, 'active' | 'inactive'>[];
}
