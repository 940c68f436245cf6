/**
 * A node's own audit: what it began and what came of it, on disk before the kernel is touched. It survives the broker, and
 * budgets are rebuilt from it.
 */

import { createLock } from '../../lib/lock.ts';
import { LONGEST_BUDGET_MS } from '../../model/configuration/budget.ts';
import type { PastAction } from '../../model/decisions/action.ts';
import type { AuditBody, AuditRecord, KnownHead } from '../../model/decisions/audit.ts';
import { messageOf, WeirError } from '../../model/error.ts';
import {
  type AuditLogInput,
  appendRecord,
  closeOpen,
  emptyAuditLog,
  loadAuditLog,
  recordsAfter,
  syncLog,
} from './audit-log.ts';

export interface NodeAudit {
  /** `node:<name>~<when the chain began>`: a chain that begins anew is not taken for a part of the one before. */
  readonly writer: string;
  /** Reads the files and goes on with their chain; finds what a process that died has begun. Never throws: see `trouble`. */
  start(now: number): Promise<void>;
  /** Adds a record, which is on disk when this returns. Throws a WeirError when that fails: then the action must not begin. */
  write(now: number, body: AuditBody): Promise<void>;
  /** The same for what is a fact already. Never throws. */
  note(now: number, body: AuditBody): Promise<void>;
  /** What rules had this node do lately, oldest first. */
  acts(now: number): PastAction[];
  /** At most `count` records after this number, in their order. */
  after(seq: number, count: number): Promise<AuditRecord[]>;
  /** The last record that a power cut leaves on disk; absent before the first. */
  head(): KnownHead | undefined;
  /** Sees to it that `head` is the last one. Never throws. */
  sync(): Promise<void>;
  /** A sentence about what is wrong with the files; absent when nothing is. */
  readonly trouble: string | undefined;
}

export function createNodeAudit(input: AuditLogInput): NodeAudit {
  const log = emptyAuditLog(input);
  const lock = createLock();
  let isReady = false;
  let unwritten: string | undefined;

  async function ready(now: number): Promise<void> {
    if (isReady) return;
    await loadAuditLog(log, now);
    isReady = true;
    await closeOpen(log, now);
  }

  async function attempt(now: number, work: () => Promise<void>): Promise<void> {
    try {
      await ready(now);
      await work();
      unwritten = undefined;
    } catch (error) {
      unwritten = `The audit ${log.path} cannot be written (${messageOf(error)}): this node begins no action.`;
      throw new WeirError('system', unwritten, { cause: error });
    }
  }

  const write = (now: number, body: AuditBody) => lock(() => attempt(now, () => appendRecord(log, now, body)));
  return {
    get writer() {
      return log.writer;
    },
    start: (now) => lock(() => attempt(now, async () => undefined)).catch(() => undefined),
    write,
    note: (now, body) => write(now, body).catch(() => undefined),
    acts: (now) => log.begun.filter(({ at }) => at > now - LONGEST_BUDGET_MS),
    after: (seq, count) => lock(() => recordsAfter(log, seq, count)),
    head: () => (log.onDisk.seq === 0 ? undefined : log.onDisk),
    sync: () => lock(async () => (isReady ? syncLog(log) : undefined)).catch(() => undefined),
    get trouble() {
      return unwritten ?? log.fault;
    },
  };
}
