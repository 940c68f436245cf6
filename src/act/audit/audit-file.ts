/** A node's own audit: where its files stand, and how they are read. One file a pool that grows, older ones beside it. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chainsOf, parseRecord, verifyChain } from '../../lib/audit/chain.ts';
import type { AuditRecord } from '../../model/decisions/audit.ts';

export function auditFolder(stateDir: string): string {
  return join(stateDir, 'audit');
}

export function currentFile(folder: string, pool: string): string {
  return join(folder, `${pool}.jsonl`);
}

/** A file that is full gets the number of its first record: `logs.000000000001.jsonl`. */
export function olderFile(folder: string, pool: string, firstSeq: number): string {
  return join(folder, `${pool}.${String(firstSeq).padStart(12, '0')}.jsonl`);
}

/** Oldest first, the one that grows last; none where there is no folder. Throws what the file system throws otherwise. */
export async function listAuditFiles(folder: string, pool: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  const isOlder = (name: string) => name.startsWith(`${pool}.`) && /^\d{12}\.jsonl$/.test(name.slice(pool.length + 1));
  const older = names.filter(isOlder).sort();
  const current = names.includes(`${pool}.jsonl`) ? [`${pool}.jsonl`] : [];
  return [...older, ...current].map((name) => join(folder, name));
}

export interface AuditText {
  readonly records: AuditRecord[];
  /** What a process that died in the middle of a write has left behind the last whole line. */
  readonly torn: string;
  /** The first line that is no record, from 1; absent where every line is one. */
  readonly badLine?: number;
}

/** Pure. */
export function parseAudit(text: string): AuditText {
  const end = text.lastIndexOf('\n') + 1;
  const records: AuditRecord[] = [];
  let badLine: number | undefined;
  for (const [index, line] of text.slice(0, end).split('\n').slice(0, -1).entries()) {
    const record = parseRecord(line);
    if (record === undefined) badLine ??= index + 1;
    else records.push(record);
  }
  return { records, torn: text.slice(end), ...(badLine !== undefined && { badLine }) };
}

/** Why no record may be added to a file; undefined when one may. Pure. */
export function brokenBy({ records, badLine }: AuditText): string | undefined {
  if (badLine !== undefined) return `its line ${badLine} is no record`;
  const [fault] = chainsOf(records).flatMap(verifyChain);
  return fault && `record ${fault.seq}: ${fault.sentence}`;
}

/** All that is on this machine of a pool, also of files that were set aside. For people, so lines that are no record are left out. */
export async function readAuditFiles(stateDir: string, pool: string): Promise<AuditRecord[]> {
  const folder = auditFolder(stateDir);
  const files = await listAuditFiles(folder, pool);
  const texts = await Promise.all(files.map((path) => readFile(path, 'utf8')));
  return texts.flatMap((text) => parseAudit(text).records);
}
