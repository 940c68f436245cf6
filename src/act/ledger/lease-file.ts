/**
 * What a node must not forget: its leases, what it took out of the table, and the highest entry it acted on. One file
 * under state_dir, replaced as a whole: after a crash at any point it holds the state before a change or after it.
 */

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { replaceFile } from '../../lib/files/replace-file.ts';
import { OUTCOME_RESULTS } from '../../model/decisions/outcome.ts';
import { messageOf, WeirError } from '../../model/error.ts';
import { entryTime } from '../../model/ids.ts';
import type { LeaseFile } from './pool-record.ts';

const leaseEnd = { result: z.enum(['ended', 'released', 'overridden']), detail: z.string() };

const lease = z.object({
  id: z.string(),
  weight: z.number(),
  until: z.number(),
  owner: z.string(),
  reason: z.string(),
  unwritable: z.boolean().exactOptional(),
  phase: z.enum(['taking', 'held', 'ending']),
  moving: z.boolean().exactOptional(),
  keptAt: z.number().exactOptional(),
  end: z.object({ ...leaseEnd, at: z.number().exactOptional() }).exactOptional(),
});

const outcome = z.object({
  kind: z.literal('outcome'),
  pool: z.string(),
  decision: z.string(),
  node: z.string(),
  member: z.string(),
  at: z.number(),
  result: z.enum(OUTCOME_RESULTS),
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

const leaseSet = z.object({
  base: z.number(),
  leases: z.array(lease),
  wasUnlisted: z.boolean(),
  reassertedAt: z.array(z.number()),
  contested: z.boolean(),
});

const poolAs = z.object({
  vip: z.object({ address: z.string(), port: z.number() }),
  lvs: z.object({
    scheduler: z.string(),
    forwarding: z.enum(['direct-routing', 'nat', 'tunnel']),
    loopGuard: z.enum(['backup-only', 'notify-swap', 'ingress-mark']),
  }),
  virtualRouterId: z.number(),
  members: z.record(z.string(), z.object({ address: z.string(), weight: z.number(), priority: z.number() })),
});

const LEASE_FILE_VERSION = 1;

const file = z.object({
  version: z.literal(LEASE_FILE_VERSION),
  pools: z.record(
    z.string(),
    z.object({
      holds: z.record(z.string(), leaseSet),
      removed: z.record(z.string(), z.object({ upper: z.number(), lower: z.number() })),
      ended: z.record(
        z.string(),
        z.object({ ...leaseEnd, member: z.string(), at: z.number(), until: z.number().exactOptional() }),
      ),
      handover: handover.exactOptional(),
      as: poolAs.exactOptional(),
      fence: z
        .string()
        .regex(/^\d+-\d+$/)
        .exactOptional(),
      takings: z.array(z.number()).exactOptional(),
      acted: z.array(z.object({ decision: z.string(), outcome: outcome.exactOptional() })),
    }),
  ),
});

/** Reads the file; one that does not exist is empty. Throws a WeirError when it is there and cannot be used. */
export async function readLeaseFile(path: string): Promise<LeaseFile> {
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
    const newer = newerVersion(text);
    if (newer !== undefined) throw unusable(path, newer, error);
    const why = error instanceof z.ZodError ? (error.issues[0]?.message ?? '') : messageOf(error);
    throw unusable(path, why, error);
  }
}

/** A sentence where a newer Weir wrote the file: it is not damaged, and nobody should repair it. */
function newerVersion(text: string): string | undefined {
  const [, version] = /^\s*\{\s*"version"\s*:\s*(\d+)/.exec(text) ?? [];
  return version !== undefined && Number(version) > LEASE_FILE_VERSION
    ? `a newer Weir wrote it, version ${version}, and this one knows ${LEASE_FILE_VERSION}: update Weir here, or see docs/upgrades.md`
    : undefined;
}

function unusable(path: string, why: string, cause: unknown): WeirError {
  return new WeirError(
    'system',
    `The lease file ${path} cannot be read (${why}): Weir changes no weight on this node until it is repaired or moved away.`,
    { cause },
  );
}

/** The latest time in the file, in broker ms: the time now cannot be earlier. 0 where the file has none. */
export function latestTime(pools: LeaseFile): number {
  const times = Object.values(pools).flatMap(({ holds, ended, handover, fence, acted }) => [
    ...(fence === undefined ? [] : [entryTime(fence)]),
    ...Object.keys(ended).map(decidedAt),
    ...Object.values(ended).map(({ at }) => at),
    ...acted.flatMap(({ outcome: one }) => (one === undefined ? [] : [one.at])),
    ...Object.values(holds).flatMap(({ leases, reassertedAt }) => [
      ...reassertedAt,
      ...leases.map(({ id }) => decidedAt(id)),
      ...leases.flatMap(({ keptAt }) => (keptAt === undefined ? [] : [keptAt])),
    ]),
    ...(handover === undefined ? [] : [decidedAt(handover.id), handover.keptAt ?? 0]),
  ]);
  return Math.max(0, ...times);
}

/** The time in a decision's id, which begins with its entry; 0 for any other id. */
function decidedAt(id: string): number {
  return Number(/^(\d+)-\d+\./.exec(id)?.[1] ?? 0);
}

/** Replaces the file. When this returns the new content survives a power cut; until then the old one does. */
export async function writeLeaseFile(path: string, pools: LeaseFile): Promise<void> {
  try {
    await replaceFile(path, `${JSON.stringify({ version: LEASE_FILE_VERSION, pools }, undefined, 1)}\n`, 0o600, 0o700);
  } catch (error) {
    throw new WeirError('system', `The lease file ${path} cannot be written (${messageOf(error)}).`, { cause: error });
  }
}
