/** The audit where it is put together: a node's records to the broker, and both places for `weir audit`. */

import type { Redis } from 'ioredis';
import type { NodeAudit } from '../src/act/audit.ts';
import { readAuditFiles } from '../src/act/audit-file.ts';
import { chainsOf, openEnds, verifyChain } from '../src/audit-chain.ts';
import { copyAudit, readAudit, readAuditHead } from '../src/broker/audit.ts';
import type { AuditRecord } from '../src/model/audit.ts';
import type { WeirConfig } from '../src/model/config.ts';

/** Records that are copied at a time: after a long time without a broker it takes some looks. */
const BATCH = 200;

/** Copies what the broker has not yet. @throws what ioredis throws when the broker does not answer. */
export async function copyNews(redis: Redis, pool: string, audit: NodeAudit | undefined): Promise<void> {
  if (audit === undefined || audit.writer === '') return;
  const records = await audit.after(await readAuditHead(redis, pool, audit.writer), BATCH);
  if (records.length > 0) await copyAudit(redis, pool, audit.writer, records);
}

export interface Audit {
  /** By time, each once. */
  readonly records: readonly AuditRecord[];
  /** Why the broker's part is missing; absent when it is there. */
  readonly brokerFault?: string;
}

/** Both places; the broker's part is missing where `redis` is a sentence that says why. */
export async function readBoth(config: WeirConfig, pools: readonly string[], redis: Redis | string): Promise<Audit> {
  const local = await Promise.all(pools.map((pool) => readAuditFiles(config.stateDir, pool)));
  const remote = typeof redis === 'string' ? [] : await Promise.all(pools.map((pool) => readAudit(redis, pool)));
  const records = chainsOf([...local.flat(), ...remote.flat()]).flat();
  return {
    records: records.sort((x, y) => x.at - y.at || x.writer.localeCompare(y.writer) || x.seq - y.seq),
    ...(typeof redis === 'string' && { brokerFault: redis }),
  };
}

export interface VerifiedChain {
  readonly pool: string;
  readonly writer: string;
  readonly first: number;
  readonly last: number;
  /** Sentences, each with the number of the record that it is about. */
  readonly faults: readonly string[];
}

/** Each chain, and whether every action has both its ends. `now`: broker time in ms. Pure. */
export function verify(records: readonly AuditRecord[], now: number): VerifiedChain[] {
  const open = openEnds(records, now);
  return chainsOf(records).map((chain) => {
    const [{ pool, writer, seq: first }] = chain as [AuditRecord, ...AuditRecord[]];
    const mine = open.filter((one) => one.pool === pool && one.writer === writer);
    const faults = [...verifyChain(chain), ...mine].map(({ seq, sentence }) => `record ${seq}: ${sentence}`);
    return { pool, writer, first, last: chain.at(-1)?.seq ?? first, faults };
  });
}
