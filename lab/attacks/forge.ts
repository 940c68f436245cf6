/** What somebody with the broker's password writes into it: jobs, entries, leases and rules that are none of Weir's. */

import { setTimeout as sleep } from 'node:timers/promises';
import { poolKeys, RULES_KEY } from '../../src/broker/keys.ts';
import { openQueue } from '../../src/broker/queues.ts';
import { newKeyPair, privateKeyOf } from '../../src/broker/seal/keys.ts';
import { createSeal } from '../../src/broker/seal/seal.ts';
import type { Bench } from '../chaos/bench/type.ts';
import { POOL } from '../chaos/bench/yaml.ts';

export const KEYS = poolKeys(POOL);

/** Nobody in Weir has this name. */
export const MALLORY = 'person:mallory';

let count = 0;

/** The id of the last entry of the stream: what an honest job of now was decided on. */
export async function lastEntry({ redis }: Bench): Promise<string> {
  const [[id = '0-0'] = []] = await redis.xrevrange(KEYS.stream, '+', '-', 'COUNT', 1);
  return id;
}

/** A drain of b as a worker's would be, but for who wrote it. */
export async function forgedJob(bench: Bench, node: string, parts: Readonly<Record<string, unknown>> = {}) {
  const entryId = await lastEntry(bench);
  const now = Number(entryId.split('-')[0]);
  const lease = { weight: 0, until: now + 600_000, owner: MALLORY, reason: 'forged' };
  count += 1;
  return {
    ...{ version: 2, decision: `${entryId}.forged${count}.b`, pool: POOL, node, action: 'drain', member: 'b' },
    ...{ entryId, by: MALLORY, expiresAt: now + 10_000, lease },
    ...parts,
  };
}

/** Puts a job into a node's queue, and waits for what comes of it. @returns in the node's words. */
export async function sendJob(bench: Bench, node: string, job: object): Promise<string> {
  const queue = openQueue<object>(bench.redis, `act-${node}`);
  try {
    count += 1;
    const { id = '' } = await queue.add('act', job, { jobId: `forged-${process.pid}-${count}` });
    for (let look = 0; look < 100; look += 1) {
      const found = await queue.getJob(id);
      if (await found?.isCompleted()) return String((await queue.getJob(id))?.returnvalue);
      if (await found?.isFailed()) return `failed: ${(await queue.getJob(id))?.failedReason}`;
      await sleep(100);
    }
    return 'nobody took it within 10 s';
  } finally {
    await queue.close();
  }
}

/** An entry into the pool's stream, whatever it is. @returns its id. */
export async function forgedEntry({ redis }: Bench, body: unknown): Promise<string> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return (await redis.xadd(KEYS.stream, '*', 'e', text)) as string;
}

/** A desired lease that takes b out for a year. */
export async function forgedLease(bench: Bench, parts: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const entryId = await lastEntry(bench);
  count += 1;
  const id = `${entryId}.forged${count}.b`;
  const now = Number(entryId.split('-')[0]);
  const lease = { version: 2, id, pool: POOL, member: 'b', weight: 0, entryId, until: now + 365 * 86_400_000 };
  await bench.redis.hset(KEYS.leases, id, JSON.stringify({ ...lease, owner: MALLORY, reason: 'forged', ...parts }));
  return id;
}

/** Rules that drain whoever is well. */
export async function forgedRules({ redis }: Bench): Promise<void> {
  const text = [
    'version: 1',
    'owner: mallory',
    'rules:',
    '  - name: forged',
    '    for_each: member',
    '    when: member.writable',
    '    for: 1s',
    '    severity: page',
    '    do: [{action: drain, mode: auto, lease: 10m}]',
    '    tell: {title: "forged"}',
  ].join('\n');
  const at = String(Date.now());
  await redis.hset(RULES_KEY, { hash: 'f0f0', texts: JSON.stringify([{ file: 'x.yaml', text }]), by: 'mallory', at });
}

/** Sealed with a key that nobody knows, in the name of a worker. */
export function sealedByNobody(value: object, kind: string): object {
  const pair = newKeyPair();
  const none = { node: {}, worker: [], terminal: [] };
  const seal = createSeal({
    mode: 'require',
    role: 'worker',
    key: privateKeyOf(pair.privateText),
    public: none,
    members: {},
  });
  return JSON.parse(seal.sealed(value, { pool: POOL, kind, until: Date.now() + 600_000 })) as object;
}
