/** Ids and keys that are made of several names: nobody else puts one together or takes one apart. */

/** The id of an entry of a pool's stream, `<ms>-<seq>`, made by the broker: the pool's clock, version and fence. */
export type EntryId = string;

/** The broker's time of an entry in ms, from its id. */
export function entryTime(id: EntryId): number {
  return Number(id.slice(0, id.indexOf('-')));
}

/** Compares two entry ids in stream order: negative when `a` is earlier. */
export function compareEntryIds(a: EntryId, b: EntryId): number {
  const byTime = entryTime(a) - entryTime(b);
  return byTime !== 0 ? byTime : Number(a.slice(a.indexOf('-') + 1)) - Number(b.slice(b.indexOf('-') + 1));
}

/**
 * The id of a decision: the entry that it was made on, the rule (`request` for a person's request) and the target. The
 * lease that the decision takes has the same id. With a finding's episode as entry it names one firing of a rule, which
 * is how a version before this one called an incident.
 */
export function decisionId(entry: EntryId, rule: string, target: string): string {
  return `${entry}.${rule}.${target}`;
}

/** The entry that a decision was made on, or the episode that an id of an incident begins with. */
export function entryOf(id: string): EntryId {
  return id.slice(0, id.indexOf('.'));
}

/**
 * The id of the job that ends a lease; a node reports its outcome under this id. `~` is in no name of a pool, member or
 * rule.
 *
 * @param again broker time in ms, where the node was asked before: each job has an id of its own.
 */
export function endJobId(lease: string, again?: number): string {
  return again === undefined ? `${lease}~end` : `${lease}~end-${again}`;
}

/** Whether a job of this id ends a lease. */
export function isEndJob(job: string): boolean {
  return job.includes('~end');
}

/** The lease that a job takes or ends: the id of the decision. */
export function leaseIdOf(job: string): string {
  return job.replace(/~.*$/, '');
}

/** The key of a rule's finding for one target. */
export function findingKey(rule: string, target: string): string {
  return `${rule}/${target}`;
}

/** The key of what one destination has been told of one thread. */
export function deliveryKey(thread: string, destination: string): string {
  return `${thread}|${destination}`;
}

/** The thread of a delivery. */
export function threadOfDelivery(key: string): string {
  return key.slice(0, key.indexOf('|'));
}
