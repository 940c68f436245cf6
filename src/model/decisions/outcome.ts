/**
 * What came of an action on one node, or what happened later to the lease that it took.
 *
 * - `applied`: the table was set and read back. Not yet *verified*: that takes a fresh sweep.
 * - `refused`: a rail on the node said no; nothing was touched.
 * - `failed`: tried, and the read-back differs or a program failed.
 * - `expired`: the job came too late; nothing was touched.
 * - `reasserted`, `contested`, `overridden`, `released`, `ended`, `kept`: later outcomes of a lease (see src/act/leases/leases.ts).
 */
export const OUTCOME_RESULTS = [
  'applied',
  'refused',
  'failed',
  'expired',
  'reasserted',
  'contested',
  'overridden',
  'released',
  'ended',
  'kept',
] as const;

export type OutcomeResult = (typeof OUTCOME_RESULTS)[number];

/** The lease is over on the node that says so. */
const ENDS: readonly OutcomeResult[] = ['ended', 'released', 'overridden'];

export function isEnd({ result }: Pick<Outcome, 'result'>): boolean {
  return ENDS.includes(result);
}

export interface Outcome {
  readonly kind: 'outcome';
  readonly pool: string;
  /** The decision that this is the outcome of; for a later outcome of a lease, the decision that took it. */
  readonly decision: string;
  readonly node: string;
  readonly member: string;
  /** Broker time after the last look, in ms: only sweeps with a later `at` count as evidence of the action. */
  readonly at: number;
  /** For an answer to a job: broker time in ms at which the node took it up. */
  readonly startedAt?: number;
  readonly result: OutcomeResult;
  /** One sentence for people. */
  readonly detail: string;
  readonly weightBefore?: number;
  readonly weightAfter?: number;
  /** Producers whose connection to the member was ended so that they reconnect elsewhere. */
  readonly moved?: number;
  /** Producers that cannot be moved from here. */
  readonly stuck?: number;
}
