/** The audit: copies a node's records to the broker, and reads those of the broker and this machine for `weir audit`. */

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { NodeAudit } from '../../act/audit/audit.ts';
import { readAuditFiles } from '../../act/audit/audit-file.ts';
import { appendAudit, KEPT_AUDIT, readAudit, readAuditCounts, readAuditHead } from '../../broker/audit.ts';
import { type AuditLink, type ChainFault, chainsOf, openEnds, saidAt } from '../../lib/audit/chain.ts';
import { type AuditPlace, compareChain, linksByWriter, type SeenHead } from '../../lib/audit/compare.ts';
import type { WeirConfig } from '../../model/configuration/config.ts';
import { type AuditRecord, EVALUATION, type VerifiedChain } from '../../model/decisions/audit.ts';
import type { PoolState } from '../../rules/state/state.ts';
import { nodeHere } from '../here.ts';
import { readPoolState } from '../stored.ts';

/** So many records are copied at a time: after a long time without a broker that takes some looks. */
const BATCH = 200;

/** Copies records that the broker does not have yet. @throws what ioredis throws when the broker does not answer. */
export async function copyAudit(redis: Redis, pool: string, audit: NodeAudit | undefined): Promise<void> {
  if (audit === undefined || audit.writer === '') return;
  const records = await audit.after(await readAuditHead(redis, pool, audit.writer), BATCH);
  if (records.length > 0) await appendAudit(redis, pool, audit.writer, records);
}

/** What each place has of the audit, and what is remembered of it. */
export interface Audit {
  /** By time, each once. */
  readonly records: readonly AuditRecord[];
  readonly pools: readonly PoolAudit[];
  /** Why the broker's part is missing; absent when it is there. */
  readonly brokerFault?: string;
}

export interface PoolAudit {
  readonly pool: string;
  readonly places: readonly AuditPlace[];
  readonly heads: readonly SeenHead[];
}

/** Reads both places. The broker's part is missing where `redis` is a sentence that says why. */
export async function readBoth(config: WeirConfig, pools: readonly string[], redis: Redis | string): Promise<Audit> {
  const all: AuditRecord[] = [];
  const audits: PoolAudit[] = [];
  for (const pool of pools) {
    const local = await readAuditFiles(config.stateDir, pool);
    const files = filesPlace(local, await nodeOfFiles(config, pool));
    all.push(...local);
    if (typeof redis === 'string') {
      audits.push({ pool, places: [files], heads: [] });
      continue;
    }
    // Before the records: what is written meanwhile is not missing.
    const heads = seenHeads((await readPoolState(redis, pool))?.state);
    const counted = await readAuditCounts(redis, pool);
    const remote = await readAudit(redis, pool);
    all.push(...remote);
    audits.push({ pool, places: [brokerPlace(linksByWriter(remote), counted), files], heads });
  }
  const records = chainsOf(all).flat();
  return {
    records: records.sort((x, y) => saidAt(x) - saidAt(y) || x.writer.localeCompare(y.writer) || x.seq - y.seq),
    pools: audits,
    ...(typeof redis === 'string' && { brokerFault: redis }),
  };
}

/** What the broker has of a pool. @param counted see readAuditCounts. */
export function brokerPlace(
  chains: ReadonlyMap<string, readonly AuditLink[]>,
  counted: Readonly<Record<string, number>>,
): AuditPlace {
  const kept = [...chains.values()].reduce((sum, chain) => sum + chain.length, 0);
  return { name: 'the broker', chains, counted, isFull: kept >= KEPT_AUDIT, keeps: () => true };
}

/** The node whose state_dir this is, also where its audit is gone; undefined where it is none's, as on a worker's host. */
async function nodeOfFiles({ stateDir, pools }: WeirConfig, pool: string): Promise<string | undefined> {
  const isNode = await access(join(stateDir, 'leases.json')).then(
    () => true,
    () => false,
  );
  const here = pools[pool];
  return isNode && here !== undefined ? nodeHere([here]) : undefined;
}

/** What this machine has: the chains of its own node. @param node its name by its address, where it has one. */
function filesPlace(records: readonly AuditRecord[], node: string | undefined): AuditPlace {
  const names = new Set([...records.map(({ writer }) => nodeOf(writer)), ...(node === undefined ? [] : [node])]);
  const keeps = (writer: string) => writer.startsWith('node:') && names.has(nodeOf(writer));
  return { name: 'the files of this machine', chains: linksByWriter(records), isFull: false, keeps };
}

/** What the pool's state, and the last sweep of each node, say of how far the chains have come. Pure. */
export function seenHeads(state: Pick<PoolState, 'audit' | 'sweeps'> | undefined): SeenHead[] {
  if (state === undefined) return [];
  const inState = state.audit && { ...state.audit, writer: EVALUATION, by: "the pool's state" };
  const inSweeps = Object.values(state.sweeps).flatMap(({ observer, at, auditHeads = {} }) =>
    Object.entries(auditHeads).map(([writer, head]): SeenHead => {
      const isOwn = writer.startsWith('node:') && nodeOf(writer) === observer;
      return { ...head, writer, by: `node ${observer}`, ...(isOwn && { endsAt: at }) };
    }),
  );
  return [...(inState === undefined ? [] : [inState]), ...inSweeps];
}

/** The node of a writer `node:<name>~<when its chain began>`. */
function nodeOf(writer: string): string {
  return writer.replace(/^node:/, '').replace(/~\d+$/, '');
}

/** Every chain that any place has, or that anybody remembers, with its faults and none where it holds. Pure. */
export function compareAudit({ pool, places, heads }: PoolAudit): Map<string, ChainFault[]> {
  const writers = new Set([
    ...places.flatMap(({ chains }) => [...chains.keys()]),
    ...heads.map(({ writer }) => writer),
  ]);
  return new Map([...writers].map((writer) => [writer, compareChain({ pool, writer }, places, heads)]));
}

/** Compares the places of each chain, and looks whether every action has a beginning and an end. `now`: broker time in ms. Pure. */
export function verify({ records, pools }: Audit, now: number): VerifiedChain[] {
  const open = openEnds(records, now);
  return pools.flatMap((audit) =>
    [...compareAudit(audit)].map(([writer, faults]) => {
      const { pool, places } = audit;
      const mine = open.filter((end) => end.pool === pool && end.writer === writer);
      const seqs = places.flatMap(({ chains }) => (chains.get(writer) ?? []).map(({ seq }) => seq));
      const sentences = [...faults, ...mine].map(({ seq, sentence }) => `record ${seq}: ${sentence}`);
      const [first = 0, last = 0] = seqs.length === 0 ? [] : [seqs.reduce(least), seqs.reduce(most)];
      return { pool, writer, first, last, faults: sentences };
    }),
  );
}

function least(x: number, y: number): number {
  return Math.min(x, y);
}

function most(x: number, y: number): number {
  return Math.max(x, y);
}
