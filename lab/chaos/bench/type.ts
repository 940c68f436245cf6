/** A bench as the faults see it: a pool outside the lab, of real Weir processes, broker and Redis on loopback. */

import type { Redis } from 'ioredis';
import type { PoolStatus } from '../../../src/model/people/status.ts';
import type { Tree } from '../../weir/weir-yaml.ts';
import type { ToldInSlack } from '../stand-ins/slack.ts';
import type { Timeline } from '../timeline.ts';
import type { Director } from './director.ts';
import type { Link } from './link.ts';
import type { BenchNode } from './nodes.ts';
import type { Programs } from './programs.ts';
import type { BenchRedis } from './redis.ts';
import type { Roles } from './roles.ts';
import type { TableChange, ToolMood } from './table.ts';

export interface Bench extends Roles, AsyncDisposable {
  readonly dir: string;
  readonly timeline: Timeline;
  readonly redis: Redis;
  readonly broker: BenchRedis;
  readonly brokerLinks: Readonly<Record<BenchNode | 'worker' | 'bench', Link>>;
  /** The link of each node to the Redis of b. */
  readonly linksToB: Readonly<Record<BenchNode, Link>>;
  readonly members: Readonly<Record<BenchNode, BenchRedis>>;
  readonly directors: Readonly<Record<BenchNode, Director>>;
  readonly slack: ToldInSlack;
  readonly programs: Programs;
  /** How long the bench waits where the fault would take `realMs`. */
  scaled(realMs: number): number;
  /** Says what was done to the bench. */
  note(what: string): void;
  /** keepalived of the node lists b at its own weight, or takes it out. */
  list(name: BenchNode, listed: boolean): void;
  stateDir(name: BenchNode): string;
  /** Sets the clock of the node's machine: of its process, and of the files that its keepalived writes. */
  setClock(name: BenchNode, aheadMs: number): Promise<void>;
  /** Sets the clock of the broker's machine: so many seconds ahead, behind when negative. */
  setBrokerClock(seconds: number): Promise<void>;
  /** Puts other rules beside member-unwritable, from now on. */
  rules(more: readonly Tree[]): Promise<void>;
  /** Sets how ipvsadm behaves on a node. */
  tool(name: BenchNode, mood: ToolMood): void;
  weights(name: BenchNode): Record<BenchNode, number | undefined>;
  changes(name: BenchNode): TableChange[];
  status(): Promise<PoolStatus>;
  weir(...args: string[]): Promise<{ readonly code: number | null; readonly text: string }>;
  freezeRedis(): Promise<void>;
  thawRedis(): Promise<void>;
  /** Waits until everything is as at the start: base weights, nothing fires, nothing is held, the pool has settled. */
  calm(withinMs?: number): Promise<void>;
  stop(): Promise<void>;
}
