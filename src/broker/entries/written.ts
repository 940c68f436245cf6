/**
 * Reads JSON that Weir wrote into the broker, in this version or another, so that one value that does not fit
 * stops nobody.
 */

import { z } from 'zod';
import { ACTION_KINDS, type DesiredLease } from '../../model/decisions/action.ts';

const name = z.string().min(1);
const ms = z.number();
const lease = z.object({ weight: z.number(), until: ms, owner: z.string(), reason: z.string() });

const desiredLease = z.object({ ...lease.shape, id: name, pool: name, member: name, endedAt: ms.optional() });

/** Other fields may be there: this version ignores them, or its actuator checks them itself. */
const actionJob = z.object({
  decision: name,
  pool: name,
  node: name,
  member: name,
  entryId: z.string().regex(/^\d+-\d+$/),
  expiresAt: ms,
  action: z.enum(ACTION_KINDS),
  lease: lease.optional(),
  handover: z.object({ to: name, way: z.enum(['soft', 'hard']), value: z.number(), owner: z.string() }).optional(),
  leaseIds: z.array(name).optional(),
});

/** undefined where it is no JSON, or not what `fits`. */
export function parseWritten<T>(json: string, fits: (value: unknown) => boolean = isObject): T | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return fits(value) ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parseDesiredLease(json: string): DesiredLease | undefined {
  return parseWritten(json, (value) => desiredLease.safeParse(value).success);
}

const outboxItem = z.union([
  z.object({ queue: z.literal('show'), id: name, data: z.object({ pool: name, thread: name, place: name }) }),
  z.object({ queue: z.literal('act'), id: name, node: name, data: z.looseObject({ action: name }) }),
]);

export function isOutboxItem(value: unknown): boolean {
  return outboxItem.safeParse(value).success;
}

const texts = z.array(z.object({ file: name, text: z.string() }));

/** Rule files as workers agree on them. */
export function areTexts(value: unknown): boolean {
  return texts.safeParse(value).success;
}

/** Why a value is no job, in a part of a sentence; undefined where it is one. */
export function jobFault(data: unknown): string | undefined {
  const { error } = actionJob.safeParse(data);
  const issue = error?.issues[0];
  return issue && `${issue.path.join('.') || 'it'}: ${issue.message}`;
}
