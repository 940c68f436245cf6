/** What the readers are given from outside: stages do not know each other, and others know how to parse. */

import type { Redis } from 'ioredis';
import type { PoolConfig } from '../../../model/configuration/config.ts';
import type { VrrpInstance } from '../../../model/readings/vrrp-instance.ts';
import type { PoolFacts, ServiceFacts } from '../facts.ts';

/** Notes in a sentence what could not be looked at, and why. */
export type Note = (sentence: string) => void;

/** Runs a program to its end and gives what it printed. Rejects with a ProgramError. */
export type Run = (program: string, args: readonly string[]) => Promise<string>;

export interface ProgramError extends Error {
  /** Absent when the program did not run to its end. */
  readonly exitCode?: number | undefined;
  readonly stderr?: string;
}

export interface Parts {
  readonly run: Run;
  readonly note: Note;
  /** keepalived's state now; a new one at every call. */
  dump(): Promise<{
    readonly alive: boolean;
    readonly instances?: readonly VrrpInstance[];
    readonly file?: string;
    readonly trouble?: string;
  }>;
  /** Whether clients find an address by this interface. */
  isAskedFor(device: string): boolean;
  /** The pool's service in the text of /proc/net/ip_vs; null: it has none; undefined: which it is cannot be told. */
  serviceIn(ipVs: string, pool: PoolConfig): ServiceFacts | null | undefined;
  /** Where the consumers in the text of a CLIENT LIST come from that connected to the VIP. */
  consumersOnVip(clientList: string, pool: PoolConfig): readonly string[];
  /** A new connection to a member's Redis. */
  redis(pool: PoolConfig, member: string): Redis;
  /** The weights that this node's leases want, by pool and member. */
  leased(): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>>;
  /** The pid of the weir node that runs here. */
  nodePid(): Promise<number | undefined>;
  /** By pool: what the broker says of the other nodes. Rejects when it does not say. */
  peers(): Promise<Readonly<Record<string, Pick<PoolFacts, 'peers' | 'unsealed'>>>>;
  /** Files that Weir itself believes: its configuration, rules and leases. */
  readonly files: readonly string[];
}

/** Whether the program is not installed at all. */
export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT' || errorCode((error as { cause?: unknown } | undefined)?.cause) === 'ENOENT';
}

export function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(String(errorCode(error)));
}

function errorCode(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}
