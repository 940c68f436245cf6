/** The server that files are put on, as it is handed to them who do it. */

import type { LiveService } from '../init/live-service.ts';

/** A VRRP instance as keepalived's dump shows it. */
export interface LiveInstance {
  readonly name: string;
  readonly state: number;
  readonly interface: string;
  readonly vips: readonly string[];
  readonly routerId?: number;
  readonly basePriority?: number;
  readonly advertSeconds?: number;
  readonly version?: number;
  readonly nopreempt?: boolean;
}

/** States of VRRP as keepalived's dump shows them. */
export const BACKUP = 1;
export const MASTER = 2;

export interface RunningKeepalived {
  readonly pid: number;
  /** The configuration that its command line names, absolute. */
  readonly confFile: string;
  /** What it has read, files that are included with it; absent where this keepalived keeps no copy. */
  readonly copy?: string;
}

/** The server, and the programs on it. */
export interface Machine {
  /** Whether systemd runs it (sd_booted(3)). */
  readonly hasSystemd: boolean;
  /** Runs a program to its end, without a shell, and gives what it printed. Throws an error with a sentence. */
  run(program: string, args: readonly string[]): Promise<string>;
  /** A file that the kernel makes; undefined when it is not there. */
  read(path: string): Promise<string | undefined>;
  /** What `keepalived --config-test` says of a file; '' when it takes it and has nothing to say. */
  configTest(file: string): Promise<string>;
  /** keepalived's parent process; undefined when it does not run. */
  keepalived(): Promise<RunningKeepalived | undefined>;
  /** What a fresh dump of keepalived shows; a sentence when there is none. */
  instances(): Promise<readonly LiveInstance[] | string>;
  /** The LVS table. Throws an error with a sentence. */
  services(): Promise<readonly LiveService[]>;
}

/** What is done on a server is told to whoever does it, a sentence each. */
export type Say = (sentence: string) => void;

/** What takes back what was done, the last first. */
export type Undo = (() => Promise<unknown>)[];
