/**
 * A stand-in for the broker: the stream, the state with its commit, outbox, queues, decisions and leases, in memory and on
 * the model's clock. What is one script in the real one (src/broker/store.ts) is one call here.
 */

import { APART_MS, type TimeLook } from '../../../src/broker/time/time.ts';
import type { ActionJob, DesiredLease } from '../../../src/model/decisions/action.ts';
import type { AuditRecord } from '../../../src/model/decisions/audit.ts';
import type { Decision } from '../../../src/model/decisions/decision.ts';
import type { Entry, EntryBody } from '../../../src/model/entries/entry.ts';
import { type EntryId, entryTime } from '../../../src/model/ids.ts';
import type { PoolState } from '../../../src/rules/state/state.ts';
import type { IncidentState } from '../../../src/tell/incidents/state.ts';
import type { Folded } from '../../../workers/evaluation/fold.ts';
import type { Parts } from './parts.ts';
import { POOL } from './world.ts';

/** Decisions and audit records that are kept, as the real one keeps some. */
const KEPT = 300;

const NOTHING = '0-0';

/** As in src/broker/entries/stream.ts, in ms. */
const TICK_EVERY_MS = 900;

interface Kept {
  entries: Entry[];
  lastId: EntryId;
  /** As its last entry says: by how much broker time was ahead of its clock, in ms. */
  lead: number;
  /** Time of the last tick, in ms. */
  ticked: number;
  state: PoolState | undefined;
  incidentState: IncidentState | undefined;
  outbox: Map<string, ActionJob>;
  decisions: Map<string, Decision>;
  owed: Map<string, DesiredLease>;
  audit: AuditRecord[];
  queues: Map<string, ActionJob[]>;
  /** Ids of jobs that are, or were, in a queue: added again, nothing happens. */
  added: Set<string>;
}

/** What a worker has made of new entries and not written yet. */
export interface Evaluated extends Folded {
  readonly readCursor: EntryId | '';
  /** Leases that are no longer remembered. */
  readonly forgotten: readonly string[];
  /** What the weir.yaml of this worker says: another one may say something else. */
  readonly parts: Parts;
}

export class Broker {
  runId = 1;
  kept: Kept = empty();
  /** How far its clock is off, in ms. */
  offMs = 0;
  /** How many entries it has taken. */
  appended = 0;
  /** Every job that was ever committed, by its id: a queue may hold no other. */
  readonly committed = new Map<string, ActionJob>();
  /** True time at which entries were appended. */
  readonly #appendedAt = new Map<EntryId, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  #steppedAt = Number.NEGATIVE_INFINITY;

  /** Its clock steps. */
  step(ms: number): void {
    this.offMs += ms;
    this.#steppedAt = this.#now();
  }

  /** Its clock has stepped a moment ago. */
  get isStepping(): boolean {
    return this.#now() - this.#steppedAt < 2_000;
  }

  /** What it answers to TIME, in ms. */
  time(): number {
    return this.#now() + this.offMs;
  }

  look(): TimeLook {
    const { lastId, lead } = this.kept;
    return { clock: this.time(), lead, ...(lastId !== NOTHING && { last: entryTime(lastId) }) };
  }

  /**
   * As the script of src/broker/entries/stream.ts does it.
   * @param now broker time of who appends, in ms; left out by one who says a single thing, and finds out.
   */
  append(body: EntryBody, now?: number): EntryId {
    const { kept } = this;
    const last = entryTime(kept.lastId);
    const clock = this.time();
    const own = now ?? Math.max(clock + kept.lead, last);
    const isRight = Math.abs(own - clock) <= APART_MS;
    const time = Math.round(isRight ? clock : own);
    if (time > last || kept.lastId === NOTHING) {
      kept.lead = isRight ? 0 : Math.round(own - clock);
      kept.lastId = `${time}-0`;
    } else kept.lastId = `${last}-${Number(kept.lastId.split('-')[1]) + 1}`;
    kept.entries.push({ id: kept.lastId, body });
    this.#appendedAt.set(kept.lastId, this.#now());
    this.appended += 1;
    if (this.#appendedAt.size > 20_000) {
      for (const id of [...this.#appendedAt.keys()].slice(0, 10_000)) this.#appendedAt.delete(id);
    }
    return kept.lastId;
  }

  appendTick(now: number): void {
    const { kept } = this;
    const time = Math.max(Math.abs(now - this.time()) <= APART_MS ? this.time() : now, entryTime(kept.lastId));
    const since = time - kept.ticked;
    if (since >= 0 && since < TICK_EVERY_MS) return;
    kept.ticked = time;
    this.append({ kind: 'tick', pool: POOL.name }, now);
  }

  /** The true time of an entry, in ms; undefined of one that is long gone. */
  appendedAt(id: EntryId): number | undefined {
    return this.#appendedAt.get(id);
  }

  /** Nothing is written unless the stored cursor is the one that was read. */
  commit({ readCursor, state, incidentState, decisions, desired, audit, jobs, forgotten }: Evaluated): boolean {
    const { kept } = this;
    if ((kept.state?.cursor ?? '') !== readCursor) return false;
    kept.state = state;
    kept.incidentState = incidentState;
    for (const decision of decisions.values()) kept.decisions.set(decision.id, decision);
    for (const lease of desired.values()) kept.owed.set(lease.id, lease);
    kept.audit.push(...audit);
    for (const job of jobs) {
      const id = `${job.node}/${job.decision}`;
      kept.outbox.set(id, job);
      this.committed.set(id, job);
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
    ...{ entries: [], lastId: NOTHING, lead: 0, ticked: 0, state: undefined, incidentState: undefined, audit: [] },
    outbox: new Map(),
    decisions: new Map(),
    owed: new Map(),
    queues: new Map(),
    added: new Set(),
  };
}
