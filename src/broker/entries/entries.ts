/**
 * From a text in a pool's stream to an entry. Whoever reaches the broker can write there, also a version before or after
 * this one: what does not fit is set aside, and nothing behind it waits.
 */

import { z } from 'zod';
import { MODES } from '../../model/configuration/mode.ts';
import { ACTION_KINDS } from '../../model/decisions/action.ts';
import { OUTCOME_RESULTS } from '../../model/decisions/outcome.ts';
import type { Entry, EntryBody, Unreadable } from '../../model/entries/entry.ts';
import { type EntryId, entryTime } from '../../model/ids.ts';
import { SEVERITIES } from '../../model/severity.ts';
import type { Seal } from '../seal/seal.ts';
import { APART_MS } from '../time/time.ts';
import { sweepFault } from './sweep-check.ts';

const text = z.string();
const name = z.string().min(1).max(500);
const ms = z.number();
const word = { pool: name, by: name };

const scope = z.union([
  z.object({ kind: z.enum(['all', 'pool']) }),
  z.object({ kind: z.enum(['member', 'rule']), name }),
  z.object({ kind: z.literal('action'), name: z.enum(ACTION_KINDS) }),
]);

const labels = z.record(z.string(), text);

/** Sweeps have no schema but sweep-check.ts, because nearly every entry is one. Fields that are not named here may be there. */
const SCHEMAS: Readonly<Record<Exclude<EntryBody['kind'], 'sweep' | 'unreadable'>, z.ZodType>> = {
  tick: z.object({ pool: name, calendarMs: ms.optional() }),
  hold: z.object({ ...word, scope, reason: text, holdMs: ms }),
  resume: z.object({ ...word, scope }),
  ack: z.object({ ...word, incident: name.optional() }),
  silence: z.object({
    ...word,
    reason: text,
    silenceMs: ms,
    matcher: z.object({
      rule: text.optional(),
      target: text.optional(),
      severity: z.enum(SEVERITIES).optional(),
      labels: labels.optional(),
    }),
  }),
  unsilence: z.object({ ...word, id: name }),
  answer: z.object({
    ...word,
    decision: name,
    via: z.enum(['terminal', 'slack', 'page']),
    answer: z.enum(['approve', 'deny']),
    reason: text.optional(),
    groups: z.array(text).optional(),
  }),
  request: z.object({
    ...word,
    action: z.enum(ACTION_KINDS),
    target: name,
    force: z.boolean(),
    weight: z.number().optional(),
    leaseMs: ms.optional(),
    to: name.optional(),
    way: z.enum(['soft', 'hard']).optional(),
    reason: text.optional(),
    drill: z.object({ rule: name }).optional(),
    ask: z.literal(true).optional(),
  }),
  outcome: z.object({
    pool: name,
    decision: name,
    node: name,
    member: text,
    at: ms,
    detail: text,
    startedAt: ms.optional(),
    result: z.enum(OUTCOME_RESULTS),
  }),
  edition: z.object({
    pool: name,
    worker: name,
    edition: z.object({ hash: name, mode: z.enum(MODES) }).optional(),
  }),
  alerts: z.object({
    pool: name,
    alerts: z.array(z.object({ fingerprint: name, name: text, labels, firing: z.boolean(), startsAt: ms.optional() })),
  }),
};

/** Never throws. `pool`: whose stream holds it. `seal`: checks its seal; left out: seals are not checked. */
export function readEntry(pool: string, id: EntryId, json: string, seal?: Seal): Entry {
  let body: unknown;
  try {
    body = JSON.parse(json);
  } catch {
    return aside(pool, id, undefined, 'it is no JSON');
  }
  const fault = faultOf(pool, id, body);
  if (fault !== undefined) return aside(pool, id, body, fault);
  const sealState = seal?.find(body, { pool, kind: (body as EntryBody).kind }, entryTime(id), json);
  // The entry goes on without its seal, whether or not seals are checked.
  const { seal: _, ...said } = body as EntryBody & { readonly seal?: unknown };
  const entry: Entry = { id, body: said as EntryBody };
  if (sealState === undefined) return entry;
  if (sealState === 'none') return { ...entry, seal: 'none' };
  if ('fault' in sealState) return aside(pool, id, body, `${said.kind}: ${sealState.fault}`);
  const { role, from, n, until } = sealState.mark;
  return { ...entry, seal: { channel: `${role}/${from}/${said.kind}`, n, until } };
}

function faultOf(pool: string, id: EntryId, body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('kind' in body)) return 'it is no entry';
  const { kind } = body;
  if ('pool' in body && body.pool !== pool) return `it is of the pool ${shown(body.pool)}`;
  if (kind === 'sweep') return sweepFault(body) ?? aheadOf(id, body);
  if (typeof kind !== 'string' || !Object.hasOwn(SCHEMAS, kind))
    return `${shown(kind)} is no kind of entry that is known`;
  const { error } = SCHEMAS[kind as keyof typeof SCHEMAS].safeParse(body);
  const issue = error?.issues[0];
  return issue && `${kind}: ${issue.path.join('.')}: ${issue.message}`.slice(0, 300);
}

/**
 * How far a clock may be ahead of an entry's id, in ms. A reading of tomorrow would be fresh until then, and every
 * later one of that observer older than it.
 */
function aheadOf(id: EntryId, sweep: object): string | undefined {
  const aheadMs = (sweep as { readonly at: number }).at - entryTime(id);
  return aheadMs > APART_MS ? `sweep: at is ${Math.round(aheadMs / 1_000)} s later than the entry` : undefined;
}

function aside(pool: string, id: EntryId, body: unknown, why: string): Entry {
  const unreadable: Unreadable = { kind: 'unreadable', pool, writer: writerOf(body), why };
  return { id, body: unreadable };
}

/** Who has written it: an observer, a node, a person; `somebody` where it does not say. */
export function writerOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return 'somebody';
  const { observer, node, worker, by } = body as Readonly<Record<string, unknown>>;
  const writer = [observer, node, worker, by].find((name) => typeof name === 'string' && name !== '');
  // Names come from outside: no line breaks in a message, and a key of its own in the state.
  return writer === undefined || writer === '__proto__' ? 'somebody' : shown(writer);
}

function shown(value: unknown): string {
  return String(typeof value === 'string' ? value : JSON.stringify(value))
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 100);
}
