/** What a lab is asked for, and what one that runs can do. */

import type { Redis } from 'ioredis';
import type { ConsumerReport } from './guest/consumer.ts';
import type { Kernel } from './machine/kernel.ts';
import type { ExecResult, ProgramEvent } from './machine/protocol.ts';
import type { FaultEvent, Faults } from './pool/faults.ts';
import type { PlanOptions } from './pool/plan.ts';
import type { ConnectionsStatus, Producers, Rate } from './pool/producers.ts';
import type { RedisHandle } from './pool/redis.ts';
import type { RenewOptions } from './pool/renew.ts';
import type { LvsTable } from './pool/table.ts';
import type { HostName, Member } from './pool/topology.ts';
import type { ExecOptions } from './pool/world.ts';
import type { Stage } from './session/stages.ts';
import type { WeirOptions } from './weir/weir.ts';
import type { Tree } from './weir/weir-yaml.ts';

export interface LabOptions extends PlanOptions, WeirOptions {
  /** Broker, worker and a node process on each node. Left out: yes. */
  readonly weir?: boolean;
  /** How many producers. Left out: 8. */
  readonly producers?: number;
  /** Of each producer. Left out: 10 pushes of 1,000 bytes a second. */
  readonly rate?: Rate;
  /** A consumer for each member. Left out: yes. */
  readonly consumers?: boolean;
  /** Left out: this machine's kernel where it has ip_vs and lets us, else the guest. */
  readonly kernel?: Kernel;
  readonly onStage?: (stage: Stage) => void;
}

export interface Host {
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** A file as the host sees it, `/proc/net` included. */
  read(path: string): Promise<string>;
  write(path: string, text: string): Promise<void>;
}

export interface Node extends Host {
  /** A `weir` command on the node. */
  weir(args: readonly string[]): Promise<ExecResult>;
}

export interface RunningLab extends Faults, AsyncDisposable {
  readonly kernel: Kernel;
  /** Holds weir.yaml of this machine (the worker's); gone after stop. */
  readonly dir: string;
  readonly stages: readonly Stage[];
  /** What was done to the lab, in order. */
  readonly events: readonly FaultEvent[];
  readonly producers: Producers;
  /** A connection to the broker. This and the next three are there only with Weir. */
  readonly broker: Redis;
  /** Address of the page, without a slash at the end. */
  readonly page: string;
  /** The worker's weir.yaml. */
  readonly configFile: string;
  /** The environment of the worker. */
  readonly env: NodeJS.ProcessEnv;
  node(name: Member): Node;
  /** `c` has the producers, `l` the consumers, `root` the bridge. */
  host(name: HostName | 'root'): Host;
  redis(member: Member): RedisHandle;
  consumer(member: Member): Promise<ConsumerReport>;
  /** LVS table of a node. Of the first pool, unless another is named. */
  table(node: Member, pool?: string): Promise<LvsTable>;
  /** The node that has the VIP; undefined when none or more than one has it. */
  master(): Promise<Member | undefined>;
  masters(): Promise<Member[]>;
  /** Opens fresh connections through the VIP from c; each must answer within `limitMs` (3 s). */
  connections(count: number, limitMs?: number, pool?: string): Promise<ConnectionsStatus>;
  /** Builds the nodes anew, of another weir.yaml. For a lab without Weir: a node process would have the old one. */
  rebuild(options: PlanOptions): Promise<void>;
  /** Gives Weir other overrides of weir.yaml; what of it runs has the old ones until it is started again. */
  configure(config: Tree): Promise<void>;
  /**
   * Weir as if it had just been set up: no memory of before, other overrides of weir.yaml, other rules. Waits until the
   * pool has settled.
   */
  renewWeir(options?: RenewOptions): Promise<void>;
  /** A `weir` command on this machine, where the worker is. */
  weir(args: readonly string[]): Promise<ExecResult>;
  /** What a program has printed: kernel, broker, worker, weir-a, redis-a, keepalived-a, producers, consumer-a, ... */
  logs(name: string): string;
  logNames(): string[];
  /** Lets go of what has been printed so far. */
  clearLogs(): void;
  isRunning(name: string): boolean;
  /** Every line that a program prints from now on, every start and end. */
  watch(listener: (event: ProgramEvent) => void): void;
  /** Ends every process and removes the folder. May be called twice. */
  stop(): Promise<void>;
}
