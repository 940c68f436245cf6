/** A node's ways to the broker: connections, broker time, and the outcomes that wait for it. */

import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { brokerAddress } from '../../src/broker/address.ts';
import { append } from '../../src/broker/entries/stream.ts';
import { type EvaluateJob, openQueue, wake } from '../../src/broker/queues.ts';
import { type BrokerClock, createBrokerClock, lookAtTime } from '../../src/broker/time/clock.ts';
import { connectBroker } from '../../src/lib/redis/connections.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import { latestKnown } from '../../src/operations/node-actuator.ts';
import { createReports, type Reports } from './reports.ts';

export interface NodeBroker {
  readonly redis: Redis;
  /** For the worker of the node's queue: it waits for jobs. */
  readonly blocking: Redis;
  readonly clock: BrokerClock;
  readonly evaluateQueue: Queue<EvaluateJob, unknown, string>;
  readonly reports: Reports;
  disconnect(): void;
}

/** Does not wait for a broker that is away. @param pool the one whose stream tells broker time. */
export async function openNodeBroker(
  config: WeirConfig,
  pool: string,
  onError: (error: unknown) => void,
): Promise<NodeBroker> {
  const redis = connectBroker(brokerAddress(config), 'producer');
  const patient = connectBroker(brokerAddress(config), 'patient');
  const blocking = connectBroker(brokerAddress(config), 'worker');
  const connections = [redis, patient, blocking];
  for (const connection of connections) connection.connect().catch(onError);
  const startsFrom = await latestKnown(config.stateDir);
  const clock = createBrokerClock(() => lookAtTime(redis, pool), { startsFrom });
  const evaluateQueue = openQueue<EvaluateJob>(redis, 'evaluate');
  const reports = createReports(async (outcome) => {
    // The patient connection sends outcomes: one that is given up while it arrives would be sent over and over again.
    await append(patient, outcome, clock);
    // The outcome is on the stream. An evaluation that is not woken finds it with the next tick.
    wake(evaluateQueue, outcome.pool).catch(onError);
  }, clock);
  const disconnect = () => {
    for (const connection of connections) connection.disconnect();
  };
  return { redis, blocking, clock, evaluateQueue, reports, disconnect };
}
