/** Makes the links of an audit chain, and finds the one that is broken. Pure. */

import { createHash } from 'node:crypto';
import type { AuditHead, AuditRecord } from '../../model/decisions/audit.ts';

/** Before the first record. */
export const NO_HEAD: AuditHead = { seq: 0, hash: '' };

/** After how long an action without an end no longer runs, in ms. A job is cut off after half of that. */
const ENDS_WITHIN_MS = 120_000;

/** sha256 of the value as JSON, in hex. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function linkOf({ writer, pool, seq, at, prev, body }: Omit<AuditRecord, 'hash'>): string {
  return hashOf([writer, pool, seq, at, prev, body]);
}

/** The next record of a chain. */
export function chain(
  head: AuditHead,
  from: { readonly writer: string; readonly pool: string; readonly at: number; readonly body: AuditRecord['body'] },
): AuditRecord {
  const record = { ...from, seq: head.seq + 1, prev: head.hash };
  return { ...record, hash: linkOf(record) };
}

/** A sentence about what is broken, and where. */
export interface ChainFault {
  readonly writer: string;
  readonly pool: string;
  readonly seq: number;
  readonly sentence: string;
}

/** A record without what it says: enough to see whether a chain holds. */
export interface AuditLink extends Pick<AuditRecord, 'writer' | 'pool' | 'seq' | 'at' | 'prev' | 'hash'> {
  /** Its hash is that of what it says. */
  readonly isWhole: boolean;
}

export function toLink(record: AuditRecord): AuditLink {
  const { writer, pool, seq, at, prev, hash } = record;
  return { writer, pool, seq, at, prev, hash, isWhole: linkOf(record) === hash };
}

/** Chains by writer and pool, each in the order of its numbers; the same record found in two places counts once. */
export function chainsOf(records: readonly AuditRecord[]): AuditRecord[][] {
  const chains = new Map<string, Map<string, AuditRecord>>();
  for (const record of records) {
    const key = `${record.pool}\n${record.writer}`;
    const chain = chains.get(key) ?? new Map<string, AuditRecord>();
    chains.set(key, chain.set(JSON.stringify(record), record));
  }
  return [...chains.values()].map((chain) => [...chain.values()].sort((x, y) => x.seq - y.seq));
}

/** What is wrong with one chain. That its beginning is gone (files and streams are bounded) is no fault. */
export function verifyChain(records: readonly AuditRecord[]): ChainFault[] {
  return verifyLinks(records.map(toLink));
}

/** The same of links, in the order of their numbers. */
export function verifyLinks(links: readonly AuditLink[]): ChainFault[] {
  const faults: ChainFault[] = [];
  let before: AuditLink | undefined;
  for (const record of links) {
    const { writer, pool, seq } = record;
    const fault = (sentence: string) => faults.push({ writer, pool, seq, sentence });
    if (!record.isWhole) fault('It was changed after it was written.');
    if (before === undefined) {
      if (seq === 1 && record.prev !== '') fault('It says that there was a record before the first.');
    } else if (seq === before.seq) {
      fault('There are two records of this number.');
    } else if (seq > before.seq + 1) {
      fault(`${seq - before.seq - 1} records before it are missing.`);
    } else if (record.prev !== before.hash) {
      fault('It does not follow the record before it: one of the two was replaced.');
    }
    before = record;
  }
  return faults;
}

/** Finds actions of a node that have no end, and decisions to act that have no outcome. `now`: broker time in ms. */
export function openEnds(records: readonly AuditRecord[], now: number): ChainFault[] {
  const ended = new Set<string>();
  for (const { body } of records) if (body.kind === 'end' || body.kind === 'closed') ended.add(body.decision);
  return records.flatMap(({ writer, pool, seq, at, body }) => {
    if (now - at < ENDS_WITHIN_MS) return [];
    if (body.kind === 'begin' && !ended.has(body.decision)) {
      return [{ writer, pool, seq, sentence: `${body.decision} was begun and has no end.` }];
    }
    if (body.kind !== 'decision' || body.decision.verdict !== 'act' || ended.has(body.decision.id)) return [];
    return [{ writer, pool, seq, sentence: `Nothing says what became of ${body.decision.id}.` }];
  });
}

/** Parses one line of a file or stream; undefined where it is no record. */
export function parseRecord(line: string): AuditRecord | undefined {
  try {
    const record = JSON.parse(line) as Partial<AuditRecord> | null;
    const isRecord =
      typeof record?.writer === 'string' &&
      typeof record.pool === 'string' &&
      Number.isInteger(record.seq) &&
      typeof record.at === 'number' &&
      typeof record.prev === 'string' &&
      typeof record.hash === 'string' &&
      typeof record.body?.kind === 'string';
    return isRecord ? (record as AuditRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** When it was, for people, in ms. By the machine's clock where the node did not know broker time. */
export function saidAt({ at, body }: AuditRecord): number {
  return body.machineAt ?? at;
}

/** Whether a record is about a member; records of what people said are not. */
export function isAbout({ body }: AuditRecord, member: string): boolean {
  if (body.kind === 'decision') return body.decision.target === member;
  if (body.kind === 'closed') return body.decision.endsWith(`.${member}`);
  return 'member' in body && body.member === member;
}
