/**
 * A node's audit of one pool: a hash chain in files, and its end in memory. Files only grow; one that is not what it was is
 * set aside, never written over.
 */

import { appendFile, mkdir, open, readFile, rename, stat, truncate } from 'node:fs/promises';
import { chain, NO_HEAD } from '../../lib/audit/chain.ts';
import type { PastAction } from '../../model/decisions/action.ts';
import type { AuditBody, AuditHead, AuditRecord, KnownHead } from '../../model/decisions/audit.ts';
import { entryTime } from '../../model/ids.ts';
import {
  type AuditText,
  auditFolder,
  brokenBy,
  currentFile,
  listAuditFiles,
  olderFile,
  parseAudit,
} from './audit-file.ts';

/** A file that has grown to this is closed, in bytes. */
const FULL_BYTES = 10_000_000;

/** Records that are kept in memory, for the broker's copy. */
const TAIL = 500;

/** Actions of rules that are kept in memory: a sweep carries no more of them. */
const ACTS_KEPT = 50;

const NOTHING_ON_DISK: KnownHead = { ...NO_HEAD, at: 0 };

export interface AuditLogInput {
  readonly stateDir: string;
  readonly node: string;
  readonly pool: string;
  /** Whether broker time is known; left out: it is. */
  isTimeKnown?(): boolean;
}

export interface AuditLog {
  isTimeKnown(): boolean;
  readonly node: string;
  readonly pool: string;
  readonly folder: string;
  /** The file that grows. */
  readonly path: string;
  /** `node:<name>~<when the chain began>`: a chain that begins anew is not taken for a part of the one before. */
  writer: string;
  head: AuditHead;
  /** The last record that a power cut leaves there; `head` may be later. */
  onDisk: KnownHead;
  /** The number of the first record of the file that grows, and the file's size in bytes. */
  firstSeq: number;
  bytes: number;
  /** The latest records, oldest first. */
  tail: readonly AuditRecord[];
  /** What rules had this node do, oldest first. */
  begun: readonly PastAction[];
  /** Why the chain was begun anew; absent when it was not. */
  fault: string | undefined;
}

export function emptyAuditLog({ stateDir, node, pool, isTimeKnown = () => true }: AuditLogInput): AuditLog {
  const folder = auditFolder(stateDir);
  return {
    isTimeKnown,
    node,
    pool,
    folder,
    path: currentFile(folder, pool),
    writer: '',
    head: NO_HEAD,
    onDisk: NOTHING_ON_DISK,
    firstSeq: 1,
    bytes: 0,
    tail: [],
    begun: [],
    fault: undefined,
  };
}

/** Reads the files, so that records can be added. Throws what the file system throws. @param now broker time in ms. */
export async function loadAuditLog(log: AuditLog, now: number): Promise<void> {
  await mkdir(log.folder, { recursive: true, mode: 0o700 });
  log.writer = writerAt(log, now);
  for (const file of await listAuditFiles(log.folder, log.pool)) {
    const text = await readFile(file, 'utf8');
    const read = parseAudit(text);
    const why = brokenBy(read);
    if (why !== undefined && file === log.path) {
      await beginAnew(log, now, why);
      return;
    }
    for (const record of read.records) remember(log, record);
    if (file === log.path) await goOnWith(log, text, read);
  }
}

/** Adds a record, on disk when this returns and linked to the one before. Throws what the file system throws. */
export async function appendRecord(log: AuditLog, at: number, body: AuditBody): Promise<void> {
  const { folder, path, pool, writer } = log;
  const noted = log.isTimeKnown() ? body : { ...body, machineAt: Date.now() };
  const record = chain(log.head, { writer, pool, at, body: noted });
  const line = `${JSON.stringify(record)}\n`;
  const handle = await open(path, 'a', 0o600);
  try {
    await handle.writeFile(line);
    // No fsync for refusals: nothing depends on them, and 10,000 stale jobs would each wait for the disk.
    if (body.kind !== 'refused') await handle.sync();
  } catch (error) {
    // Half a line would stand in the middle of the next one.
    await handle.truncate(log.bytes).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
  log.bytes += Buffer.byteLength(line);
  remember(log, record);
  if (body.kind !== 'refused') log.onDisk = headOf(record);
  if (log.bytes < FULL_BYTES) return;
  await syncLog(log);
  await rename(path, olderFile(folder, pool, log.firstSeq));
  [log.firstSeq, log.bytes] = [log.head.seq + 1, 0];
}

/** Sees to it that what was written survives a power cut. Throws what the file system throws. */
export async function syncLog(log: AuditLog): Promise<void> {
  const last = log.tail.at(-1);
  if (last === undefined || last.seq <= log.onDisk.seq) return;
  const handle = await open(log.path, 'r').catch(unlessMissing);
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
  log.onDisk = headOf(last);
}

/** A file that was full is closed and on disk, and the next one begins with the next record. */
function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** Ends what a process that died has begun: nobody knows what came of it. */
export async function closeOpen(log: AuditLog, now: number): Promise<void> {
  const { tail } = log;
  const ended = new Set(tail.flatMap(({ body }) => (body.kind === 'end' ? [body.decision] : [])));
  for (const { body } of tail) {
    if (body.kind !== 'begin' || ended.has(body.decision)) continue;
    const { decision, member } = body;
    const detail = 'The process died before it had an answer; the lease says what became of it.';
    await appendRecord(log, now, { kind: 'end', decision, member, result: 'failed', detail });
  }
}

/**
 * At most `count` records after this number, in their order: from memory where it reaches back far enough. They are on disk
 * for good: who is told of a record that a power cut then takes away finds another one of its number.
 */
export async function recordsAfter(log: AuditLog, seq: number, count: number): Promise<AuditRecord[]> {
  await syncLog(log).catch(() => undefined);
  const { tail, writer, onDisk } = log;
  const isInMemory = (tail[0]?.seq ?? 0) <= seq + 1;
  const records = isInMemory ? tail : await readAll(log);
  return records
    .filter((record) => record.writer === writer && record.seq > seq && record.seq <= onDisk.seq)
    .slice(0, count);
}

async function readAll({ folder, pool }: AuditLog): Promise<AuditRecord[]> {
  const texts = await Promise.all((await listAuditFiles(folder, pool)).map((file) => readFile(file, 'utf8')));
  return texts.flatMap((text) => parseAudit(text).records);
}

function writerAt(log: AuditLog, now: number): string {
  return `node:${log.node}~${timeInName(log, now)}`;
}

/** The time in a chain's name. While broker time is not known it is the machine's: broker time may be the same at each start. */
function timeInName({ isTimeKnown }: AuditLog, now: number): number {
  return isTimeKnown() ? now : Date.now();
}

function headOf({ seq, hash, at }: AuditRecord): KnownHead {
  return { seq, hash, at };
}

function remember(log: AuditLog, record: AuditRecord): void {
  log.head = { seq: record.seq, hash: record.hash };
  log.tail = [...log.tail, record].slice(-TAIL);
  const { body } = record;
  if (body.kind !== 'begin' || body.rule === undefined) return;
  const { decision, rule, member: target, action, strikes = 0 } = body;
  const others = log.begun.filter((act) => act.decision !== decision);
  const act: PastAction = { decision, rule, target, action, at: entryTime(decision), strikes };
  log.begun = [...others, act].slice(-ACTS_KEPT);
}

/** The file that grows is not what was written: it is set aside, and a new chain begins. */
async function beginAnew(log: AuditLog, now: number, why: string): Promise<void> {
  const { path } = log;
  const aside = `${path}.broken-${timeInName(log, now)}`;
  await rename(path, aside);
  const reason = `The audit file ${path} is not as it was written (${why}). It was moved to ${aside}, and a new chain begins.`;
  log.writer = writerAt(log, now);
  log.head = NO_HEAD;
  log.onDisk = NOTHING_ON_DISK;
  log.firstSeq = 1;
  log.bytes = 0;
  log.tail = [];
  log.fault = reason;
  await appendRecord(log, now, { kind: 'anew', reason });
}

async function goOnWith(log: AuditLog, text: string, { records, torn }: AuditText): Promise<void> {
  log.writer = records.at(-1)?.writer ?? log.writer;
  log.firstSeq = records[0]?.seq ?? log.head.seq + 1;
  if (torn !== '') await cutTorn(log.path, text, torn);
  log.bytes = (await stat(log.path)).size;
}

/** Moves half a line, left by a process that died, into a file beside. The chain goes on behind the last whole line. */
async function cutTorn(file: string, text: string, torn: string): Promise<void> {
  await appendFile(`${file}.torn`, `${torn}\n`, { mode: 0o600 });
  await truncate(file, Buffer.byteLength(text) - Buffer.byteLength(torn));
}
