/** Brings a pool into a state in which everything is stored that can be: what an upgrade must lose nothing of. */

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { openQueue, type QueueName } from '../../src/broker/queues.ts';
import { readDecisions } from '../../src/broker/store.ts';
import { type BenchNode, NODES } from '../chaos/bench/nodes.ts';
import type { Bench } from '../chaos/bench/type.ts';
import { POOL } from '../chaos/bench/yaml.ts';
import { soon, untilDecided, untilTold, untilVerified, untilWeight } from '../chaos/until-seen.ts';
import type { Tree } from '../weir/weir-yaml.ts';

/** What ends the lease on b. `time`: the person who takes it gives it so long; `rule`: b is silent, and then goes on. */
export type LeaseEnd = 'person' | 'time' | 'rule';

export interface StoredOptions {
  readonly leaseEnd: LeaseEnd;
  /** The node that is stopped when its part of the drain comes: the job waits in its queue. */
  readonly stalled?: BenchNode;
}

export interface Stored {
  /** Of the decision that waits for a yes: a is to have 50. */
  readonly asked: string;
  /** When its lease is over by time, in broker ms. */
  readonly until: number;
}

/** Long enough for every process to be another one before. */
const LEASE = '90s';
/** Of the queue of a: from so many items on a decision is asked for, and the two other rules fire. */
const DEPTH = { asks: 10, all: 100 } as const;
const STEP = { action: 'set_weight', lease: '30m' } as const;
const BASE = { for_each: 'member', for: '1s', severity: 'warn' } as const;

const RULES: readonly Tree[] = [
  {
    ...{ name: 'asks', ...BASE, when: `member.queue_depth >= ${DEPTH.asks}.0`, mode: 'approve' },
    do: [{ ...STEP, weight: 50, verify: { expect: 'member.weight == 50.0', within: '5s' } }],
    tell: { title: 'asks for less weight' },
  },
  {
    ...{ name: 'held', ...BASE, when: `member.queue_depth >= ${DEPTH.all}.0`, mode: 'auto' },
    do: [{ ...STEP, weight: 10, verify: { expect: 'member.weight == 10.0', within: '5s' } }],
    tell: { title: 'is held by a person' },
  },
  {
    ...{ name: 'quiet', ...BASE, when: `member.queue_depth >= ${DEPTH.all}.0`, mode: 'shadow' },
    tell: { title: 'is told to nobody' },
  },
];

const UNDONE = ['active', 'waiting', 'delayed', 'prioritized'] as const;

/** Items in the queue of a. */
export async function setDepth(bench: Bench, depth: 'none' | keyof typeof DEPTH): Promise<void> {
  const redis = new Redis(bench.members.a.path);
  try {
    await redis.del('logstash');
    if (depth !== 'none') await redis.rpush('logstash', ...Array.from({ length: DEPTH[depth] }, () => 'x'));
    bench.note(`the queue of a: ${depth}`);
  } finally {
    redis.disconnect();
  }
}

/** Jobs of the queue that are still to be done, or, with `active`, that a worker has begun. */
export async function jobsLeft(bench: Bench, name: QueueName, ...types: 'active'[]): Promise<number> {
  const queue = openQueue(bench.redis, name);
  try {
    return await queue.getJobCountByTypes(...(types.length > 0 ? types : UNDONE));
  } finally {
    await queue.close();
  }
}

/**
 * A decision waits for a yes, and its incident is open and told; a rule is silenced, another held; then Slack is out of order,
 * and what is to be told waits in `tell` and `show`; b is drained under a lease.
 */
export async function storeAll(bench: Bench, { leaseEnd, stalled }: StoredOptions): Promise<Stored> {
  const from = Date.now();
  await bench.rules(RULES);
  await setDepth(bench, 'asks');
  await soon(async () => (await bench.status()).waiting?.length === 1, 60_000, 'a decision that waits for a yes');
  const asked = (await bench.status()).waiting?.[0]?.id ?? '';
  await untilTold(bench, /asks for less weight/, from);
  await bench.weir('silence', 'quiet', '--for', '2h', '--reason', 'known');
  await bench.weir('pause', 'rule:held', '--for', '2h', '--reason', 'not now');
  bench.slack.refuse(true);
  bench.note('Slack is out of order');
  const broken = join(bench.dir, 'rules', 'broken.yaml');
  await writeFile(broken, 'version: 1\nrules: [{name: broken}]\n');
  // `tell` is what `messages` was called before.
  const queued = async () => (await jobsLeft(bench, 'tell')) + (await jobsLeft(bench, 'messages'));
  await soon(async () => (await queued()) > 0, 60_000, 'a job in the queue tell or messages');
  await rm(broken);
  const drainedFrom = Date.now();
  if (stalled !== undefined) await bench.node(stalled).kill('SIGSTOP');
  const said = leaseEnd === 'rule' ? bench.freezeRedis() : drain(bench, leaseEnd);
  await untilDecided(bench, drainedFrom);
  if (stalled !== undefined) await bench.node(stalled).kill('SIGKILL');
  await untilWeight(bench, stalled === undefined ? NODES : NODES.filter((node) => node !== stalled), 0);
  if (stalled === undefined) {
    await said;
    await untilVerified(bench, drainedFrom);
  }
  await soon(async () => (await jobsLeft(bench, 'show')) > 0, 60_000, 'a job in the queue show');
  const drained = (await readDecisions(bench.redis, POOL, 5)).find(({ action }) => action === 'drain');
  if (drained === undefined) throw new Error('The drain of b is not on record.');
  return { asked, until: drained.at + (drained.leaseMs ?? 0) };
}

function drain(bench: Bench, leaseEnd: LeaseEnd): Promise<unknown> {
  const time = leaseEnd === 'time' ? LEASE : '30m';
  return bench.weir('drain', `${POOL}/b`, '--for', time, '--reason', 'a new disk');
}
