/** The kinds of BullMQ queues, each with the options that its hazards ask for. */

import { type Processor, Queue, Worker, type WorkerOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { withoutSecrets } from '../model/configuration/known-secrets.ts';
import { QUEUE_PREFIX } from './keys.ts';
import type { NotifyJob } from './store.ts';

/** `tell`: as the version before called `messages`. */
export type QueueName = 'evaluate' | 'messages' | 'tell' | 'show' | `act-${string}`;

type QueueKind = 'evaluate' | 'messages' | 'show' | 'act';

export function kindOf(name: QueueName): QueueKind {
  if (name === 'tell') return 'messages';
  return name === 'evaluate' || name === 'messages' || name === 'show' ? name : 'act';
}

/** Ended jobs are kept a day, so that the same id is not run twice; the count is a fuse. In seconds. */
const KEPT = { age: 86_400, count: 5_000 };

export interface EvaluateJob {
  readonly pool: string;
}

export function openQueue<Data>(connection: Redis, name: QueueName): Queue<Data, unknown, string> {
  const kind = kindOf(name);
  const tells = kind === 'messages' || kind === 'show';
  // Deduplication is by pool, or by thread and place: such jobs have no id of their own to keep.
  const passes = kind === 'evaluate' || kind === 'show';
  const queue = new Queue<Data, unknown, string>(name, {
    connection,
    prefix: QUEUE_PREFIX,
    // BullMQ asks once for the server's version. Without an answer in time the queue would never take a job again.
    skipVersionCheck: true,
    defaultJobOptions: {
      attempts: tells ? 8 : 1,
      ...(tells && { backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 } }),
      removeOnComplete: passes ? true : KEPT,
      removeOnFail: passes ? { count: 100 } : KEPT,
      stackTraceLimit: 5,
    },
  });
  // The caller that adds a job hears of its failure. Without a listener BullMQ prints the error with its command, and so the password.
  queue.on('error', () => {});
  return queue;
}

/** An id as BullMQ takes it: `:` separates the parts of its own keys, and consumers are named host:port. */
export function jobIdOf(id: string): string {
  return id.replaceAll(':', '_');
}

/**
 * Wakes a pool's evaluation: at most one runs and at most one waits, so the last entry is never missed.
 */
export async function wake(queue: Queue<EvaluateJob>, pool: string): Promise<void> {
  await queue.add('evaluate', { pool }, { deduplication: { id: pool, keepLastIfActive: true } });
}

/**
 * A thread is to be shown in a place: at most one job does it and at most one waits, and each shows it as it then stands.
 */
export async function notifySoon(queue: Queue<NotifyJob>, job: NotifyJob): Promise<void> {
  const id = jobIdOf(`${job.pool}/${job.thread}/${job.place}`);
  await queue.add('show', job, { deduplication: { id, keepLastIfActive: true } });
}

interface KindOptions extends Partial<WorkerOptions> {
  readonly lockDuration: number;
  readonly stalledInterval: number;
}

/**
 * - evaluate is idempotent: short lock, taken over by another worker 6 s after a kill, as often as needed.
 * - act is not: a job is started once and never again (docs/hazards.md#h1, #h2, #h11).
 * - messages and show may be repeated.
 */
export const OPTIONS: Readonly<Record<QueueKind, KindOptions>> = {
  evaluate: { lockDuration: 5_000, stalledInterval: 2_000, maxStalledCount: 100, concurrency: 20 },
  messages: { lockDuration: 30_000, stalledInterval: 30_000, concurrency: 4 },
  // A stalled one holds up all messages of its thread, so a dead worker's job is taken over soon.
  show: { lockDuration: 6_000, stalledInterval: 3_000, maxStalledCount: 100, concurrency: 8 },
  act: { lockDuration: 60_000, stalledInterval: 30_000, maxStalledCount: 0, maxStartedAttempts: 1, concurrency: 1 },
};

export interface WorkerInput<Data> {
  readonly connection: Redis;
  readonly name: QueueName;
  readonly process: Processor<Data, unknown, string>;
  /**
   * Called at most once in 10 s: a queue whose broker is full emits thousands of errors a second (docs/hazards.md#h5).
   */
  readonly onError: (error: Error, doing: string) => void;
  /** How long a lock lives, in ms, and how often stalled jobs are looked for. Left out: as the kind of queue asks for. */
  readonly lockMs?: number;
}

/** Takes secrets out of a job's error, whose message BullMQ keeps in the broker. */
function withoutSecretsIn<Data>(process: Processor<Data, unknown, string>): Processor<Data, unknown, string> {
  return async (job, token, signal) => {
    try {
      return await process(job, token, signal);
    } catch (error) {
      if (error instanceof Error) {
        error.message = withoutSecrets(error.message);
        error.stack = withoutSecrets(error.stack ?? '');
      }
      throw error;
    }
  };
}

/**
 * BullMQ's own is 15 s, after whatever is no refused or lost connection: a time-out, TLS, Sentinels that are still at odds.
 * Measured: a job of a node waited so long after a switch-over. In ms.
 */
const TRIES_AGAIN_MS = 1_000;

export function openWorker<Data>({ connection, name, process, onError, lockMs }: WorkerInput<Data>): Worker<Data> {
  const worker = new Worker<Data, unknown, string>(name, withoutSecretsIn(process), {
    connection,
    prefix: QUEUE_PREFIX,
    runRetryDelay: TRIES_AGAIN_MS,
    ...OPTIONS[kindOf(name)],
    ...(lockMs !== undefined && { lockDuration: lockMs, stalledInterval: lockMs }),
  });
  let lastErrorAt = Number.NEGATIVE_INFINITY;
  worker.on('error', (error) => {
    const now = performance.now();
    if (now - lastErrorAt < 10_000) return;
    lastErrorAt = now;
    onError(error, `queue ${name}`);
  });
  // The lock is gone: whatever this job still wants to do, another may do already.
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'its lock could not be renewed');
  });
  return worker;
}
