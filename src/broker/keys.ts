/**
 * Every key that Weir has in the broker. The pool's name is the hash tag, so that one pool's keys stay on one node of a
 * cluster and one script may touch them together.
 */

/** Prefix of BullMQ's own keys. */
export const QUEUE_PREFIX = 'weir:queue';

/** One sign of life for all pools, as the version before wrote it (alive.ts). */
export const ALIVE_KEY = 'weir:alive';

/** Hash: the rules in force, for all pools: hash, texts, by, at. */
export const RULES_KEY = 'weir:rules';

/** Hash: worker to what stands in its own folder of rules. */
export const RULE_FOLDERS_KEY = 'weir:rule-folders';

/** Per place: gone when the next message may go there. */
export function gateKey(place: string): string {
  return `weir:gate:${place}`;
}

/** Per place, sorted set: the messages of the last while. */
export function sentKey(place: string): string {
  return `weir:sent:${place}`;
}

/** Something that may be done once in a time, by whoever comes first. */
export function onceKey(what: string): string {
  return `weir:once:${what}`;
}

/** Bytes that were taken from a limit in its present time; gone when that is over. */
export function bytesKey(what: string): string {
  return `weir:bytes:${what}`;
}

export interface PoolKeys {
  /** The pool's stream. */
  readonly stream: string;
  /** Refreshed by every finished evaluation of the pool, gone 30 s after the last one. */
  readonly alive: string;
  /** Hash: entry id to what a person said and nobody may have read yet. The stream's limit cuts it there, not here. */
  readonly words: string;
  /** Hash: cursor, json, revision, holds, desk, incident-number, version. */
  readonly state: string;
  /** Hash: id to what stands to be added to a queue. */
  readonly outbox: string;
  /** Hash: decision id to decision. */
  readonly decisions: string;
  /** List of decision ids, newest first. */
  readonly decisionIds: string;
  /** Hash: lease id to the desired lease. */
  readonly leases: string;
  /** Stream of what evaluation and nodes recorded, each a link of its writer's chain. */
  readonly audit: string;
  /** Hash: node to the number of its last record in there. */
  readonly auditHeads: string;
  /** Hash: incident id to incident; list of ids, newest first. */
  readonly incidents: string;
  readonly incidentIds: string;
  /** Hash: thread id to thread; list of ids, newest first. */
  readonly threads: string;
  readonly threadIds: string;
  /** Hash: `<thread>|<place>` to what stands there. */
  readonly told: string;
  /** List: one point of the pool's course every 10 s, newest first. */
  readonly trend: string;
  /** Broker time of the last tick, in ms. Not `tick`, which an earlier version makes with an end and then waits for. */
  readonly ticked: string;
}

export function poolKeys(pool: string): PoolKeys {
  const key = (name: string) => `weir:{${pool}}:${name}`;
  return {
    stream: key('stream'),
    alive: key('alive'),
    words: key('words'),
    state: key('state'),
    outbox: key('outbox'),
    decisions: key('decisions'),
    decisionIds: key('decision-ids'),
    leases: key('leases'),
    audit: key('audit'),
    auditHeads: key('audit-heads'),
    incidents: key('incidents'),
    incidentIds: key('incident-ids'),
    threads: key('threads'),
    threadIds: key('thread-ids'),
    told: key('told'),
    trend: key('trend'),
    ticked: key('ticked'),
  };
}
