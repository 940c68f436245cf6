/**
 * A stand-in for the broker: the stream, the state with its commit, outbox, queues, decisions and leases, in memory and on
 * the model's clock. What is one script in the real one (src/broker/store.ts) is one call here.
 */

import type { ActionJob, OwedLease } from '../../src/model/action.ts';
import type { AuditRecord } from '../../src/model/audit.ts';
import type { Decision } from '../../src/model/decision.ts';
import { type Entry, type EntryBody, type EntryId, entryTime } from '../../src/model/entry.ts';
import type { PoolState } from '../../src/rules/state.ts';
import type { StepResult } from '../../src/rules/step.ts';

/** Decisions and audit records that are kept, as the real one keeps some. */
const KEPT = 300;

interface Kept {
  entries: Entry[];
  state: PoolState | undefined;
  outbox: Map<string, ActionJob>;
  decisions: Map<string, Decision>;
  owed: Map<string, OwedLease>;
  audit: AuditRecord[];
  queues: Map<string, ActionJob[]>;
  /** Ids of jobs that are, or were, in a queue: added again, nothing happens. */
  added: Set<string>;
}

export interface Folded {
  readonly readCursor: EntryId | '';
  readonly state: PoolState;
  readonly results: readonly StepResult[];
  /** Of a state whose losses were folded in: leases that are no longer remembered. */
  readonly forgotten: readonly string[];
}

export class Broker {
  runId = 1;
  kept: Kept = empty();
  /** Every job that was ever committed, by its id: a queue may hold no other. */
  readonly committed = new Map<string, ActionJob>();
  #lastId = '0-0';
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  append(body: EntryBody): EntryId {
    const last = entryTime(this.#lastId);
    const now = this.#now();
    this.#lastId = now > last ? `${now}-0` : `${last}-${Number(this.#lastId.split('-')[1]) + 1}`;
    this.kept.entries.push({ id: this.#lastId, body });
    return this.#lastId;
  }

  /** Nothing is written unless the stored cursor is the one that was read. */
  commit({ readCursor, state, results, forgotten }: Folded): boolean {
    const { kept } = this;
    if ((kept.state?.cursor ?? '') !== readCursor) return false;
    kept.state = state;
    for (const { records, owed, audit, jobs } of results) {
      for (const decision of records) kept.decisions.set(decision.id, decision);
      for (const lease of owed) kept.owed.set(lease.id, lease);
      kept.audit.push(...audit);
      for (const job of jobs) {
        const id = `${job.node}/${job.decision}`;
        kept.outbox.set(id, job);
        this.committed.set(id, job);
      }
    }
    for (const id of forgotten) kept.owed.delete(id);
    kept.audit = kept.audit.slice(-KEPT);
    for (const id of [...kept.decisions.keys()].slice(0, -KEPT)) kept.decisions.delete(id);
    const after = entryTime(state.cursor) - 60_000;
    kept.entries = kept.entries.filter(({ id }) => entryTime(id) > after);
    return true;
  }

  /** From the outbox to the queues; at most so many. */
  deliver(most = Number.POSITIVE_INFINITY): void {
    for (const [id, job] of [...this.kept.outbox].slice(0, most)) {
      if (!this.kept.added.has(id)) this.queue(job.node).push(job);
      this.kept.added.add(id);
      this.kept.outbox.delete(id);
    }
  }

  queue(node: string): ActionJob[] {
    const queue = this.kept.queues.get(node) ?? [];
    this.kept.queues.set(node, queue);
    return queue;
  }

  snapshot(): Kept {
    return structuredClone(this.kept);
  }

  /** A replica that had not got the last writes takes over; undefined: one that has nothing. */
  replace(by: Kept | undefined): void {
    this.runId += 1;
    this.kept = by ?? empty();
  }
}

function empty(): Kept {
  return {
    ...{ entries: [], state: undefined, audit: [] },
    outbox: new Map(),
    decisions: new Map(),
    owed: new Map(),
    queues: new Map(),
    added: new Set(),
  };
}
