/**
 * What the doctor's readers saw of a node. A fact that could not be looked at is absent, and no check finds anything wrong
 * with it; the doctor says elsewhere what was not looked at, and why. No fact holds a secret.
 */

import type { VrrpInstance } from '../../model/readings/vrrp-instance.ts';

export interface NodeFacts {
  readonly keepalived: KeepalivedFacts;
  readonly configuration: ConfigurationFacts;
  /** Every address of every interface. */
  readonly addresses?: readonly AddressFact[];
  /** `net.ipv4.vs.backup_only` and the like, of those that were asked for. */
  readonly sysctls: Readonly<Record<string, number>>;
  readonly lvs: LvsFacts;
  /** Pool name to its facts. */
  readonly pools: Readonly<Record<string, PoolFacts>>;
  readonly weir: WeirFacts;
  /** Files and folders that keepalived or Weir believe, and the folders above them. */
  readonly files: readonly FileFact[];
  /** Name of another node to its clock, against this node's. */
  readonly clocks: Readonly<Record<string, ClockFact>>;
}

export interface KeepalivedFacts {
  readonly running: boolean;
  /** keepalived runs in this network, but not by the pid file that weir.yaml names. */
  readonly unlistedPid?: number;
  /** A sentence where keepalived runs and writes no dump of its state. */
  readonly silent?: string;
  /** Where it writes its dump. */
  readonly dumpFile?: string;
}

export interface ConfigurationFacts {
  /** The file that the running keepalived was started with; else the one that it would be started with. */
  readonly path: string;
  /** Absent: no permission. */
  readonly exists?: boolean;
  /** What `keepalived --config-test` said; empty when it takes the file. */
  readonly refusal?: string;
  /** What it said about scripts that it takes and does not trust. */
  readonly insecurity?: string;
  /** Whether keepalived has read what the file says now. */
  readonly loaded?: boolean;
  /** What the configuration says, included files in it. */
  readonly says?: ConfigurationSays;
  /** Files that Weir made, and would make differently from the present weir.yaml. */
  readonly stale: readonly string[];
}

export interface ConfigurationSays {
  /** Scripts that keepalived runs, as absolute paths. */
  readonly scripts: readonly string[];
  /** Whether it has enable_script_security. */
  readonly scriptSecurity: boolean;
  readonly syncDaemon?: { readonly instance?: string };
  /** The files that it tracks, and whether a real server's weight follows the file (FILE_CHECK). */
  readonly trackFiles: readonly { readonly path: string; readonly checked: boolean }[];
}

export interface AddressFact {
  readonly interface: string;
  /** Whether clients find addresses through it: it is neither lo nor a dummy interface nor a tunnel. */
  readonly isAskedFor: boolean;
  /** In lower case. */
  readonly mac?: string;
  readonly address: string;
  readonly prefix: number;
}

export interface LvsFacts {
  /** The kernel has ip_vs. */
  readonly kernel?: boolean;
  /** ipvsadm is installed. */
  readonly ipvsadm?: boolean;
  /** The sync daemons that run. */
  readonly daemons?: readonly ('master' | 'backup')[];
}

/** Counters of the dump say something only by what they grew between two looks. */
export interface InstanceFacts extends Omit<VrrpInstance, 'name' | 'vips' | 'advertsReceived' | 'refused'> {
  readonly grown?: {
    readonly overMs: number;
    readonly advertsReceived: number;
    /** keepalived's name of the counter to how many adverts it refused for that. */
    readonly refused: Readonly<Record<string, number>>;
  };
}

export interface PoolFacts {
  /** keepalived's instance with the VIP; null: it has none. */
  readonly instance?: InstanceFacts | null;
  /** The service of the VIP in the LVS table; null: it has none. */
  readonly service?: ServiceFacts | null;
  /** The kernel marks what clients send to the VIP; asked only under the loop guard ingress-mark. */
  readonly marked?: boolean;
  /** The MACs that answered the question who has the VIP, without the node's own. */
  readonly arpAnswers?: readonly string[];
  readonly redis: RedisFacts;
  /** Name of another node to its director, from that node's fresh sweep. */
  readonly peers?: Readonly<Record<string, PeerFacts>>;
  /** Who wrote something into the broker without a seal lately; absent: nobody, or nobody is asked for one. */
  readonly unsealed?: readonly string[];
}

export interface ServiceFacts {
  readonly scheduler: string;
  readonly persistent: boolean;
  /** Set when it counts marked packets and has no address. */
  readonly mark?: number;
  /** Member name to its row, for members that are listed. */
  readonly weights: Readonly<Record<string, number>>;
}

export interface PeerFacts {
  /** MASTER, BACKUP, FAULT, ORPHAN, ...: see the signal director.state. */
  readonly state?: string;
  /** The VIP is on its VRRP interface. */
  readonly vip?: boolean;
  readonly priority?: number;
}

/** The Redis of this node's member. */
export interface RedisFacts {
  /** Something listens on the VIP and its port. */
  readonly listening?: boolean;
  /** Whether its protected mode sent the doctor away. */
  readonly denied?: boolean;
  readonly evictionPolicy?: string;
  readonly maxmemoryBytes?: number;
  readonly tcpKeepaliveSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly replica?: boolean;
  /** The `address:port` of each consumer that connected through the VIP. */
  readonly consumersOnVip?: readonly string[];
  /** What `weir acl` grants, and Weir's user may not do there. */
  readonly lacking?: readonly Lack[];
}

export interface Lack {
  /** The rule of ACL SETUSER that it lacks. */
  readonly rule: string;
  /** What is missing without it; a sentence. */
  readonly without: string;
  /** A pool can do without. */
  readonly optional: boolean;
}

export interface WeirFacts {
  /** The running `weir node`; null: there is none. */
  readonly nodePid?: number | null;
  /** It may change the LVS table. */
  readonly netAdmin?: boolean;
  /** Pool and member to the weight that Weir's live leases want. */
  readonly leased?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** What is wrong with the lease file; a sentence. */
  readonly leaseTrouble?: string;
}

export interface FileFact {
  readonly path: string;
  /** Permission bits with the sticky bit, as stat(2) has them. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly folder: boolean;
  /** Whether root uses it unasked, so that nobody else may own it. */
  readonly ofRoot: boolean;
}

export interface ClockFact {
  /** Positive: the other node's clock is ahead of this one's. */
  readonly aheadMs: number;
  /** Half of the time that the answer took. */
  readonly uncertainMs: number;
}
