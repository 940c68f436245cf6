/**
 * A node's own audit: what it began and what came of it, on disk before the kernel is touched. It survives the broker, and
 * is what budgets are rebuilt from. Files only grow; one that is not what it was is set aside, never written over.
 */

import { appendFile, mkdir, open, readFile, rename, stat, truncate } from 'node:fs/promises';
import { chain, NO_HEAD } from '../audit-chain.ts';
import type { Act } from '../model/action.ts';
import type { AuditBody, AuditHead, AuditRecord } from '../model/audit.ts';
import { messageOf, WeirError } from '../model/error.ts';
import { auditFolder, brokenBy, currentFile, listAuditFiles, olderFile, parseAudit } from './audit-file.ts';
import { createLock } from './lock.ts';

/** A file that has grown to this is closed, in bytes. */
const FULL_BYTES = 10_000_000;

/** Records that are kept in memory, for the broker's copy. */
const TAIL = 500;

/** What budgets look back for, in ms, and how many a sweep carries at most. */
const ACTS_KEPT_MS = 86_400_000;
const ACTS_KEPT = 50;

export interface NodeAudit {
  /** `node:<name>~<when the chain began>`: a chain that begins anew is not taken for a part of the one before. */
  readonly writer: string;
  /** Reads what is there and goes on with it; finds what a process that died has begun. Never throws: see `trouble`. */
  start(now: number): Promise<void>;
  /** On disk when it returns. Throws a WeirError when that fails: what it is about must not be done. */
  write(now: number, body: AuditBody): Promise<void>;
  /** The same for what is a fact already. Never throws. */
  note(now: number, body: AuditBody): Promise<void>;
  /** What rules had this node do lately, oldest first. */
  acts(now: number): Act[];
  /** At most `count` records after this number, in their order. */
  after(seq: number, count: number): Promise<AuditRecord[]>;
  /** A sentence about what is wrong with the files; absent when nothing is. */
  readonly trouble: string | undefined;
}

export function createNodeAudit(input: { stateDir: string; node: string; pool: string }): NodeAudit {
  const { pool } = input;
  const folder = auditFolder(input.stateDir);
  const path = currentFile(folder, pool);
  const lock = createLock();
  let writer = '';
  let head: AuditHead = NO_HEAD;
  let firstSeq = 1;
  let bytes = 0;
  let tail: AuditRecord[] = [];
  let begun: Act[] = [];
  let isReady = false;
  let fault: string | undefined;
  let unwritten: string | undefined;

  function remember(record: AuditRecord): void {
    head = { seq: record.seq, hash: record.hash };
    tail = [...tail, record].slice(-TAIL);
    const { body } = record;
    if (body.kind !== 'begin' || body.rule === undefined) return;
    const { decision, rule, member: target, action, strikes = 0 } = body;
    const at = Number(decision.slice(0, decision.indexOf('-')));
    const others = begun.filter((one) => one.decision !== decision);
    begun = [...others, { decision, rule, target, action, at, strikes }].slice(-ACTS_KEPT);
  }

  /** A new chain. */
  async function anew(now: number, reason: string): Promise<void> {
    writer = `node:${input.node}~${now}`;
    head = NO_HEAD;
    [firstSeq, bytes, tail] = [1, 0, []];
    fault = reason;
    await put(now, { kind: 'anew', reason });
  }

  async function setAside(now: number): Promise<string> {
    const aside = `${path}.broken-${now}`;
    await rename(path, aside);
    return aside;
  }

  async function load(now: number): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    writer = `node:${input.node}~${now}`;
    const files = await listAuditFiles(folder, pool);
    for (const file of files) {
      const text = await readFile(file, 'utf8');
      const seen = parseAudit(text);
      const why = brokenBy(seen);
      if (why !== undefined && file === path) {
        const aside = await setAside(now);
        await anew(now, `${path} was not as it was written (${why}): it is ${aside} now, and a new chain begins.`);
        return;
      }
      for (const record of seen.records) remember(record);
      if (file !== path) continue;
      writer = seen.records.at(-1)?.writer ?? writer;
      firstSeq = seen.records[0]?.seq ?? head.seq + 1;
      if (seen.torn !== '') await cutTorn(file, text, seen.torn);
      bytes = (await stat(file)).size;
    }
  }

  /** A process died in the middle of a line: it is kept beside, and the chain goes on behind the last whole one. */
  async function cutTorn(file: string, text: string, torn: string): Promise<void> {
    await appendFile(`${file}.torn`, `${torn}\n`, { mode: 0o600 });
    await truncate(file, Buffer.byteLength(text) - Buffer.byteLength(torn));
  }

  /** Begun by a process that died: its end is that nobody knows it. */
  async function closeOpen(now: number): Promise<void> {
    const ended = new Set(tail.flatMap(({ body }) => (body.kind === 'end' ? [body.decision] : [])));
    for (const { body } of tail) {
      if (body.kind !== 'begin' || ended.has(body.decision)) continue;
      const { decision, member } = body;
      const detail = 'The process died before it had an answer; the lease says what became of it.';
      await put(now, { kind: 'end', decision, member, result: 'failed', detail });
    }
  }

  async function ready(now: number): Promise<void> {
    if (isReady) return;
    await load(now);
    isReady = true;
    await closeOpen(now);
  }

  async function put(at: number, body: AuditBody): Promise<void> {
    const record = chain(head, { writer, pool, at, body });
    const line = `${JSON.stringify(record)}\n`;
    const handle = await open(path, 'a', 0o600);
    try {
      await handle.writeFile(line);
      // Of what was not touched nothing hangs on it, and of 10,000 stale jobs each would wait for the disk.
      if (body.kind !== 'refused') await handle.sync();
    } catch (error) {
      // Half a line would stand in the middle of the next one.
      await handle.truncate(bytes).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
    bytes += Buffer.byteLength(line);
    remember(record);
    if (bytes < FULL_BYTES) return;
    await rename(path, olderFile(folder, pool, firstSeq));
    [firstSeq, bytes] = [head.seq + 1, 0];
  }

  async function attempt(now: number, work: () => Promise<void>): Promise<void> {
    try {
      await ready(now);
      await work();
      unwritten = undefined;
    } catch (error) {
      unwritten = `The audit ${path} cannot be written (${messageOf(error)}): this node begins no action.`;
      throw new WeirError('system', unwritten, { cause: error });
    }
  }

  return {
    get writer() {
      return writer;
    },
    start: (now) => lock(() => attempt(now, async () => undefined)).catch(() => undefined),
    write: (now, body) => lock(() => attempt(now, () => put(now, body))),
    note: (now, body) => lock(() => attempt(now, () => put(now, body))).catch(() => undefined),
    acts: (now) => begun.filter(({ at }) => at > now - ACTS_KEPT_MS),
    async after(seq, count) {
      const [oldest] = tail;
      if (oldest !== undefined && oldest.seq > seq + 1) {
        const texts = await Promise.all((await listAuditFiles(folder, pool)).map((file) => readFile(file, 'utf8')));
        const all = texts.flatMap((text) => parseAudit(text).records);
        return all.filter((one) => one.writer === writer && one.seq > seq).slice(0, count);
      }
      return tail.filter((one) => one.writer === writer && one.seq > seq).slice(0, count);
    },
    get trouble() {
      return unwritten ?? fault;
    },
  };
}
