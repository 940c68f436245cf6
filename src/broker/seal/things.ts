/** What is sealed beside entries: jobs, desired leases, the rules in force. */

import type { Redis } from 'ioredis';
import { type ActionJob, type DesiredLease, ENDED_KEPT_MS } from '../../model/decisions/action.ts';
import type { Seal, SealTerms } from './seal.ts';
import { sealOf } from './sealed.ts';

/** Rules hold for as long as nobody edits them. */
const FOR_EVER = 9_999_999_999_999;

/** The rules of all pools. */
const EVERY_POOL = '*';

/** As it goes into the node's queue. */
export function sealedJob<Job extends ActionJob>(redis: Redis, job: Job): Job {
  const { pool, expiresAt, drill } = job;
  return sealed(redis, job, { pool, kind: 'job', until: Math.max(expiresAt, drill?.until ?? 0) });
}

/** As it stands among the pool's leases; an end is remembered for longer than the lease would have lived. */
export function sealedLease(redis: Redis, lease: DesiredLease): DesiredLease {
  return sealed(redis, lease, { pool: lease.pool, kind: 'lease', until: lease.until + 2 * ENDED_KEPT_MS });
}

export function sealedRules<T extends object>(redis: Redis, rules: T): T {
  return sealed(redis, rules, { pool: EVERY_POOL, kind: 'rules', until: FOR_EVER });
}

function sealed<T extends object>(redis: Redis, value: T, terms: SealTerms): T {
  const seal = sealOf(redis);
  return seal === undefined ? value : (JSON.parse(seal.sealed(value, terms)) as T);
}

/** Why a job is not taken, in a part of a sentence. @param now broker time in ms */
export function jobSealFault(seal: Seal | undefined, job: ActionJob, now: number): string | undefined {
  const givesBack = job.action === 'restore' && job.leaseIds !== undefined;
  return faultOf(seal, job, { pool: job.pool, kind: 'job', now, givesBack });
}

/** The same of a lease. */
export function leaseSealFault(seal: Seal | undefined, lease: DesiredLease, now: number): string | undefined {
  return faultOf(seal, lease, { pool: lease.pool, kind: 'lease', now, givesBack: lease.endedAt !== undefined });
}

export function rulesSealFault(seal: Seal | undefined, rules: object): string | undefined {
  return faultOf(seal, rules, { pool: EVERY_POOL, kind: 'rules', now: 0, givesBack: false });
}

interface Looked {
  readonly pool: string;
  readonly kind: string;
  readonly now: number;
  /** It ends leases: where seals are not required yet, nothing keeps a member out because of one. */
  readonly givesBack: boolean;
}

function faultOf(seal: Seal | undefined, value: object, { now, givesBack, ...expected }: Looked): string | undefined {
  if (seal === undefined || (givesBack && seal.mode === 'accept')) return undefined;
  const state = seal.find(value, expected, now);
  return typeof state === 'object' && 'fault' in state ? state.fault : undefined;
}
