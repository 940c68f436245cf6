/** The audit: copies a node's records to the broker, and reads those of the broker and this machine for `weir audit`. */

import type { Redis } from 'ioredis';
import type { NodeAudit } from '../../act/audit/audit.ts';
import { readAuditFiles } from '../../act/audit/audit-file.ts';
import { appendAudit, readAudit, readAuditHead } from '../../broker/audit.ts';
import { chainsOf, openEnds, saidAt, verifyChain } from '../../lib/audit-chain.ts';
import type { WeirConfig } from '../../model/configuration/config.ts';
import type { AuditRecord, VerifiedChain } from '../../model/decisions/audit.ts';

/** So many records are copied at a time: after a long time without a broker that takes some looks. */
const BATCH = 200;

/** Copies records that the broker does not have yet. @throws what ioredis throws when the broker does not answer. */
export async function copyAudit(redis: Redis, pool: string, audit: NodeAudit | undefined): Promise<void> {
  if (audit === undefined || audit.writer === '') return;
  const records = await audit.after(await readAuditHead(redis, pool, audit.writer), BATCH);
  if (records.length > 0) await appendAudit(redis, pool, audit.writer, records);
}

export interface Audit {
  /** By time, each once. */
  readonly records: readonly AuditRecord[];
  /** Why the broker's part is missing; absent when it is there. */
  readonly brokerFault?: string;
}

/** Reads both places. The broker's part is missing where `redis` is a sentence that says why. */
export async function readBoth(config: WeirConfig, pools: readonly string[], redis: Redis | string): Promise<Audit> {
  const local = await Promise.all(pools.map((pool) => readAuditFiles(config.stateDir, pool)));
  const remote = typeof redis === 'string' ? [] : await Promise.all(pools.map((pool) => readAudit(redis, pool)));
  const records = chainsOf([...local.flat(), ...remote.flat()]).flat();
  return {
    records: records.sort((x, y) => saidAt(x) - saidAt(y) || x.writer.localeCompare(y.writer) || x.seq - y.seq),
    ...(typeof redis === 'string' && { brokerFault: redis }),
  };
}

/** Verifies each chain, and that every action has a beginning and an end. `now`: broker time in ms. Pure. */
export function verify(records: readonly AuditRecord[], now: number): VerifiedChain[] {
  const open = openEnds(records, now);
  return chainsOf(records).map((chain) => {
    const [{ pool, writer, seq: first }] = chain as [AuditRecord, ...AuditRecord[]];
    const mine = open.filter((end) => end.pool === pool && end.writer === writer);
    const faults = [...verifyChain(chain), ...mine].map(({ seq, sentence }) => `record ${seq}: ${sentence}`);
    return { pool, writer, first, last: chain.at(-1)?.seq ?? first, faults };
  });
}
