/** A service of the kernel's LVS table, beside what keepalived.conf says of it. */

/** As src/observe/director/ip-vs.ts parses it. */
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
