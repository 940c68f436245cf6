/** Everything that this node works with on one pool: its table, its leases, what it has seen, and who is told. */

import type { Redis } from 'ioredis';
import { createLock, type Lock } from '../lib/lock.ts';
import type { Budget } from '../model/configuration/budget.ts';
import type { PoolConfig, RaiseConfig } from '../model/configuration/config.ts';
import type { NodeRails } from '../model/decisions/node-rails.ts';
import type { Outcome } from '../model/decisions/outcome.ts';
import { createNodeAudit, type NodeAudit } from './audit/audit.ts';
import { auditBodyOfOutcome } from './audit/audit-bodies.ts';
import type { Ledger } from './ledger/ledger.ts';
import { readHoldFile } from './local/hold-file.ts';
import type { Lvs } from './lvs/lvs.ts';
import type { SetOwnWeight } from './lvs/own-weight.ts';
import { createReadings, type Readings } from './readings.ts';

/** keepalived's handover track file (src/lib/files/track-file.ts), handed in. */
export interface HandoverFile {
  read(): Promise<number | undefined>;
  write(value: number): Promise<void>;
}

export interface NodePool {
  readonly node: string;
  readonly pool: PoolConfig;
  readonly lvs: Lvs;
  readonly ledger: Ledger;
  readonly audit: NodeAudit;
  readonly rails: NodeRails;
  readonly setOwnWeight: SetOwnWeight;
  readonly readings: Readings;
  readonly raise: RaiseConfig;
  /** How often this node may take weight or the VIP away. */
  readonly budget: Budget;
  /** Broker time in ms. */
  now(): number;
  /** Broker time in ms, asked from the broker now. Throws when it does not answer in time. */
  askNow(): Promise<number>;
  /** Why people forbid this node to act (hold-file.ts); undefined when nobody does. */
  holdFile(): Promise<string | undefined>;
  /** Broker time has been heard: what `now` says is more than the machine's clock. */
  isTimeKnown(): boolean;
  /** How old a reading may be and still be known, in ms. */
  readonly staleAfterMs: number;
  /** Puts an outcome on its way; never waits, never throws. */
  say(outcome: Outcome): void;
  readonly lock: Lock;
  /** A new connection to a member, with a command time-out; who asks for it ends it. */
  redis(member: string): Redis;
  readonly handover: HandoverFile;
  /** Takes an orphan VIP off the VRRP interface, and what directs behind it. Throws a WeirError. */
  removeOrphan(): Promise<void>;
  /** Leases whose producers are being moved right now by this process. */
  readonly moving: Set<string>;
  /** Decisions whose job has come to this process: it answers for itself, and is not done as a desired lease. */
  readonly arrived: Set<string>;
  /** When the node last reported on a desired lease, by lease id, in broker ms, so that nothing is said twice. In memory. */
  readonly reportedAt: Map<string, number>;
  /** The last error of each thing that was tried. */
  readonly troubles: Map<string, string>;
  polling: Promise<void> | undefined;
  /** Monotonic, in ms. */
  checkedAt: number;
}

/** What time it is, for the actuator (docs/time.md). */
export interface ActuatorTime {
  /** Broker time in ms. */
  brokerNow(): number;
  /** The same, asked from the broker now. Throws when it does not answer within 500 ms. */
  askBrokerNow(): Promise<number>;
  /** Broker time has been heard since the start of this process; before, nothing ends by its time. */
  isTimeKnown(): boolean;
}

export interface ActuatorDependencies extends ActuatorTime {
  /** This node's name, and its member's. */
  readonly node: string;
  /** Where leases.json, node.pid and the inbox are. */
  readonly stateDir: string;
  /** This node's own weir.yaml: jobs that do not fit it are refused. */
  readonly pools: Readonly<Record<string, PoolConfig>>;
  /** How old a poll may be and still be known, in ms. */
  readonly staleAfterMs: number;
  readonly lvs: Lvs;
  readonly rails: NodeRails;
  /** A connection to a member by its own address, with a command time-out. */
  redis(pool: PoolConfig, member: string): Redis;
  readonly setOwnWeight: SetOwnWeight;
  readonly raise: RaiseConfig;
  /** How often this node may take weight or the VIP away, all pools together. */
  readonly budget: Budget;
  /** By which the VIP of a pool's VRRP instance moves. */
  handover(pool: PoolConfig): HandoverFile;
  /** Makes a BACKUP of a node whose keepalived was killed as MASTER (src/act/vip/orphan.ts). */
  removeOrphan(pool: PoolConfig): Promise<void>;
  /** Takes outcomes. The actuator does not wait for it; it keeps what could not be sent. */
  report(outcome: Outcome): Promise<void>;
}

/** @param audit of another `NodePool` of the same pool, which has one file. */
export function createNodePool(
  deps: ActuatorDependencies,
  ledger: Ledger,
  pool: PoolConfig,
  audit = createNodeAudit({
    stateDir: deps.stateDir,
    node: deps.node,
    pool: pool.name,
    isTimeKnown: () => deps.isTimeKnown(),
  }),
): NodePool {
  return {
    node: deps.node,
    pool,
    lvs: deps.lvs,
    rails: deps.rails,
    ledger,
    readings: createReadings(deps.staleAfterMs),
    lock: createLock(),
    moving: new Set(),
    reportedAt: new Map(),
    arrived: new Set(),
    troubles: new Map(),
    polling: undefined,
    checkedAt: Number.NEGATIVE_INFINITY,
    now: () => deps.brokerNow(),
    askNow: () => deps.askBrokerNow(),
    isTimeKnown: () => deps.isTimeKnown(),
    staleAfterMs: deps.staleAfterMs,
    holdFile: () => readHoldFile(deps.stateDir),
    audit,
    say(outcome) {
      void audit.note(deps.brokerNow(), auditBodyOfOutcome(outcome));
      void deps.report(outcome).catch(() => undefined);
    },
    redis: (member) => deps.redis(pool, member),
    setOwnWeight: deps.setOwnWeight,
    raise: deps.raise,
    budget: deps.budget,
    handover: deps.handover(pool),
    removeOrphan: () => deps.removeOrphan(pool),
  };
}

/** Broker time in ms; undefined while this node has not heard it. */
export function heardNow(nodePool: Pick<NodePool, 'now' | 'isTimeKnown'>): number | undefined {
  return nodePool.isTimeKnown() ? nodePool.now() : undefined;
}
