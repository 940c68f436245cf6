/** A VRRP instance as keepalived's dump shows it. What more the dump has goes no further than its parser (docs/hazards.md#t6). */

export interface VrrpInstance {
  readonly name: string;
  /** 0 INIT, 1 BACKUP, 2 MASTER, 3 FAULT. */
  readonly state: number;
  /** The interface that its adverts go through; with use_vmac the one below the VMAC, where a VIP says which. */
  readonly interface: string;
  readonly vips: readonly string[];
  readonly effectivePriority?: number;
  readonly nopreempt?: boolean;
  readonly routerId?: number;
  readonly version?: number;
  readonly basePriority?: number;
  /** The priority in the last advert that it took as BACKUP. */
  readonly masterPriority?: number;
  readonly advertSeconds?: number;
  /** Whether adverts carry a password. The password itself goes no further than here. */
  readonly authenticated?: boolean;
  readonly advertsReceived?: number;
  /** How many adverts it has refused since it started, by its own name for the reason. */
  readonly refused?: Readonly<Record<string, number>>;
  /** Unix time in seconds. */
  readonly lastTransition?: number;
}
