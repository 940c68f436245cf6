/** What an attack is, and what may come of one. */

import type { SealMode } from '../../src/model/configuration/seal.ts';
import type { FindingId } from './findings.ts';
import type { Host } from './host.ts';
import type { Pool } from './pool.ts';

export type Came =
  /** It changed nothing that counts. */
  | 'held'
  /** It did what the documents say that it does. */
  | 'as said'
  | 'succeeded'
  /** What it needs did not come about: nothing is known of it. */
  | 'not made'
  /** This machine has not what it needs. */
  | 'not run';

export interface Seen {
  readonly came: Came;
  /** What was seen, in a sentence or a part of one. */
  readonly got: string;
}

interface Named {
  /** The finding that it tries again. */
  readonly of: FindingId;
  /** What is tried. */
  readonly tries: string;
}

/** By somebody with the broker's password, or root of a node, on a pool of real processes. */
export interface PoolAttack extends Named {
  readonly mode: SealMode;
  run(pool: Pool): Promise<Seen>;
}

/** On what needs no pool: a command, a page, a file. */
export interface HostAttack extends Named {
  run(host: Host): Promise<Seen>;
}

/** It held where nothing is left over of what would show that it succeeded. */
export function heldUnless(succeeded: boolean, got: string): Seen {
  return { came: succeeded ? 'succeeded' : 'held', got };
}

/** What is promised, or less. */
export function asSaidIf(isAsSaid: boolean, got: string): Seen {
  return { came: isAsSaid ? 'as said' : 'succeeded', got };
}

export function notRun(why: string): Seen {
  return { came: 'not run', got: why };
}
