/** The server that files are put on: what `apply` may ask it and do there. */

import type { VrrpInstance } from '../../model/readings/vrrp-instance.ts';
import type { LiveService } from '../init/live-service.ts';

/** States of VRRP as keepalived's dump shows them. */
export const BACKUP = 1;
export const MASTER = 2;

export interface RunningKeepalived {
  readonly pid: number;
  /** The configuration that its command line names, absolute. */
  readonly confFile: string;
  /** The text that it has read, included files in it; absent where this keepalived keeps no copy. */
  readonly copy?: string;
}

/** The server, and the programs on it. */
export interface Machine {
  /** Whether systemd runs it (sd_booted(3)). */
  readonly hasSystemd: boolean;
  /** Runs a program to its end, without a shell, and returns what it printed. Throws an error with a sentence. */
  run(program: string, args: readonly string[]): Promise<string>;
  /** Reads a file of /proc or /sys; undefined when it is not there. */
  read(path: string): Promise<string | undefined>;
  /** Returns what `keepalived --config-test` says about a file; '' when keepalived takes it and says nothing. */
  configTest(file: string): Promise<string>;
  /** Finds keepalived's parent process; undefined when it does not run. */
  keepalived(): Promise<RunningKeepalived | undefined>;
  /** Returns what a fresh dump of keepalived shows; a sentence when there is none. */
  instances(): Promise<readonly VrrpInstance[] | string>;
  /** Reads the LVS table. Throws an error with a sentence. */
  services(): Promise<readonly LiveService[]>;
}

/** Tells the person at the terminal what is done on the server, a sentence each. */
export type Say = (sentence: string) => void;

/** Steps that undo what was done; the last one is run first. */
export type Undo = (() => Promise<unknown>)[];
