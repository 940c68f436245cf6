/**
 * What a node must not forget: its leases, what it took out of the table, and the highest entry it acted on. One file
 * under state_dir, replaced as a whole: after a crash at any point it holds the state before a change or after it.
 */

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { EntryId, Outcome } from '../model/entry.ts';
import { messageOf, WeirError } from '../model/error.ts';
import { replaceFile } from '../whole-file.ts';
import type { Thresholds } from './ipvsadm.ts';
import type { Hold, LeaseEnd } from './leases.ts';

/** A job that this node has begun; without an outcome it was cut short. */
export interface ActedJob {
  readonly decision: string;
  readonly outcome?: Outcome;
}

/** Remembered so that a director that is told of the lease again does not take it up again. */
export interface EndedLease extends LeaseEnd {
  readonly member: string;
  /** Broker time in ms. */
  readonly at: number;
}

/** The VIP is being handed over, or kept away from this node. */
export interface HandoverRecord {
  /** The decision that did it. */
  readonly id: string;
  /** What was written into the track file. */
  readonly value: number;
  /** Broker time in ms at which it is let go. */
  readonly until: number;
  readonly owner: string;
  readonly reason: string;
  /** The VIP has moved, and the node is kept off it. */
  readonly hold: boolean;
  /** Broker time in ms at which people were told that it stays though it is over. */
  readonly keptAt?: number;
}

export interface PoolRecord {
  /** Member to what is held of it. */
  readonly holds: Readonly<Record<string, Hold>>;
  /** Members that Weir took out of the table and has not put back yet, with the thresholds they had. */
  readonly removed: Readonly<Record<string, Thresholds>>;
  /** Lease id to its end. */
  readonly ended: Readonly<Record<string, EndedLease>>;
  readonly handover?: HandoverRecord;
  /** The highest entry that was acted on. */
  readonly fence?: EntryId;
  /** The latest jobs, oldest first. */
  readonly acted: readonly ActedJob[];
}

export type HandRecord = Readonly<Record<string, PoolRecord>>;

export const EMPTY_POOL: PoolRecord = { holds: {}, removed: {}, ended: {}, acted: [] };

const leaseEnd = { result: z.enum(['ended', 'released', 'overridden']), detail: z.string() };

const lease = z.object({
  id: z.string(),
  weight: z.number(),
  until: z.number(),
  owner: z.string(),
  reason: z.string(),
  phase: z.enum(['taking', 'held', 'ending']),
  moving: z.boolean().exactOptional(),
  keptAt: z.number().exactOptional(),
  end: z.object(leaseEnd).exactOptional(),
});

const outcome = z.object({
  kind: z.literal('outcome'),
  pool: z.string(),
  decision: z.string(),
  node: z.string(),
  member: z.string(),
  at: z.number(),
  result: z.enum([
    'applied',
    'refused',
    'failed',
    'expired',
    'reasserted',
    'contested',
    'overridden',
    'released',
    'ended',
    'kept',
  ]),
  detail: z.string(),
  weightBefore: z.number().exactOptional(),
  weightAfter: z.number().exactOptional(),
  moved: z.number().exactOptional(),
  stuck: z.number().exactOptional(),
});

const handover = z.object({
  id: z.string(),
  value: z.number(),
  until: z.number(),
  owner: z.string(),
  reason: z.string(),
  hold: z.boolean(),
  keptAt: z.number().exactOptional(),
});

const hold = z.object({
  base: z.number(),
  leases: z.array(lease),
  wasUnlisted: z.boolean(),
  reassertedAt: z.array(z.number()),
  contested: z.boolean(),
});

const file = z.object({
  version: z.literal(1),
  pools: z.record(
    z.string(),
    z.object({
      holds: z.record(z.string(), hold),
      removed: z.record(z.string(), z.object({ upper: z.number(), lower: z.number() })),
      ended: z.record(z.string(), z.object({ ...leaseEnd, member: z.string(), at: z.number() })),
      handover: handover.exactOptional(),
      fence: z
        .string()
        .regex(/^\d+-\d+$/)
        .exactOptional(),
      acted: z.array(z.object({ decision: z.string(), outcome: outcome.exactOptional() })),
    }),
  ),
});

/** Reads the file; one that does not exist is empty. Throws a WeirError when it is there and cannot be used. */
export async function readLeaseFile(path: string): Promise<HandRecord> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw unusable(path, messageOf(error), error);
  }
  try {
    return file.parse(JSON.parse(text)).pools;
  } catch (error) {
    const why = error instanceof z.ZodError ? (error.issues[0]?.message ?? '') : messageOf(error);
    throw unusable(path, why, error);
  }
}

function unusable(path: string, why: string, cause: unknown): WeirError {
  return new WeirError(
    'system',
    `The lease file ${path} cannot be read (${why}): Weir changes no weight on this node until it is repaired or moved away.`,
    { cause },
  );
}

/** Replaces the file. When this returns the new content survives a power cut; until then the old one does. */
export async function writeLeaseFile(path: string, pools: HandRecord): Promise<void> {
  try {
    await replaceFile(path, `${JSON.stringify({ version: 1, pools }, undefined, 1)}\n`, 0o600, 0o700);
  } catch (error) {
    throw new WeirError('system', `The lease file ${path} cannot be written (${messageOf(error)}).`, { cause: error });
  }
}
