/** A service of the kernel's LVS table, to compare with keepalived.conf. */

/** The fields that src/observe/director/ip-vs.ts parses. */
export interface LiveService {
  readonly protocol: string;
  readonly address?: string;
  readonly port?: number;
  readonly mark?: number;
  readonly scheduler: string;
  readonly destinations: readonly {
    readonly address: string;
    readonly port: number;
    readonly forwarding: string;
    readonly weight: number;
  }[];
}
