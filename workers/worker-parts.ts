/** The parts that a worker shares: its name, its log, its connections and queues, and its ways to people. */

import { hostname } from 'node:os';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { brokerAddress } from '../src/broker/address.ts';
import { type EvaluateJob, openQueue } from '../src/broker/queues.ts';
import { openSeal, sealOn } from '../src/broker/seal/sealed.ts';
import type { BrokerClock } from '../src/broker/time/clock.ts';
import { connectBroker } from '../src/lib/redis/connections.ts';
import type { WeirConfig } from '../src/model/configuration/config.ts';
import { type Channels, openChannels } from '../src/operations/destinations.ts';
import { createMetrics, type Metrics } from '../src/tell/metrics.ts';
import { type BrokerLog, logBroker } from './broker-log.ts';
import { type Complain, createComplaints } from './complaints.ts';
import { type ClockWatch, openClock } from './evaluation/clock-watch.ts';
import { workerOf } from './evaluation/editions.ts';
import { type OutboxQueues, openOutboxQueues } from './evaluation/outbox-queues.ts';
import type { DigestJob } from './notifications/digest.ts';
import type { MessageJob, MessageQueue } from './notifications/messages.ts';
import { openRoleLog, type RoleLog } from './role-log.ts';

export interface WorkerParts extends RoleLog {
  readonly config: WeirConfig;
  /** Names of its pools. */
  readonly pools: readonly string[];
  /** `worker-<host>`. */
  readonly name: string;
  /** The name and the file of weir.yaml: a second worker of the same host has another one. */
  readonly worker: string;
  readonly metrics: Metrics;
  readonly channels: Channels;
  readonly redis: Redis;
  /** For the workers of queues: it waits for jobs. */
  readonly blocking: Redis;
  readonly clock: BrokerClock;
  readonly watch: ClockWatch;
  readonly evaluateQueue: Queue<EvaluateJob, unknown, string>;
  readonly messageQueue: MessageQueue;
  readonly outbox: OutboxQueues;
  readonly brokerLog: BrokerLog;
  readonly onError: Complain;
  /** Returns what notes failed jobs of the queue. */
  onFailed(queue: string): (job: string | undefined, error: Error) => void;
}

/** Waits for the broker's first answer, and not for a broker that is away. */
export async function openWorkerParts(config: WeirConfig): Promise<WorkerParts> {
  const { log, journal } = openRoleLog('worker', config);
  const metrics = createMetrics();
  const channels = await openChannels(config.tell);
  const broker = brokerAddress(config);
  const redis = connectBroker(broker, 'producer');
  const blocking = connectBroker(broker, 'worker');
  sealOn([redis, blocking], openSeal(config, 'worker'));
  const brokerLog = logBroker(broker, [redis, blocking], log);
  const onError = createComplaints(log, brokerLog.heard);
  const connect = (connection: Redis) => connection.connect().catch((error: unknown) => onError(error, 'connecting'));
  await Promise.all([redis, blocking].map(connect));
  const name = `worker-${hostname()}`;
  return {
    config,
    pools: Object.keys(config.pools),
    name,
    worker: workerOf(name, config.file),
    log,
    journal,
    metrics,
    channels,
    redis,
    blocking,
    ...openClock(redis, config),
    evaluateQueue: openQueue<EvaluateJob>(redis, 'evaluate'),
    messageQueue: openQueue<MessageJob | DigestJob>(redis, 'messages'),
    outbox: openOutboxQueues(redis),
    brokerLog,
    onError,
    onFailed: (queue) => (job, error) => onError(error, `job ${job ?? ''} of queue ${queue}`),
  };
}
