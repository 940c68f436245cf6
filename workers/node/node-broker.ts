/** A node's ways to the broker: connections, broker time, and the outcomes that wait for it. */

import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { brokerAddress } from '../../src/broker/address.ts';
import { append } from '../../src/broker/entries/stream.ts';
import { type EvaluateJob, openQueue, wake } from '../../src/broker/queues.ts';
import { openSeal, sealOn } from '../../src/broker/seal/sealed.ts';
import { type BrokerClock, createBrokerClock, lookAtTime } from '../../src/broker/time/clock.ts';
import type { Logger } from '../../src/lib/log.ts';
import { connectBroker } from '../../src/lib/redis/connections.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import { latestKnown } from '../../src/operations/node-actuator.ts';
import { type BrokerLog, logBroker } from '../broker-log.ts';
import { type Complain, createComplaints } from '../complaints.ts';
import { createReports, type Reports } from './reports.ts';

export interface NodeBroker {
  readonly redis: Redis;
  /** For the worker of the node's queue: it waits for jobs. */
  readonly blocking: Redis;
  readonly clock: BrokerClock;
  readonly evaluateQueue: Queue<EvaluateJob, unknown, string>;
  readonly reports: Reports;
  readonly log: BrokerLog;
  /** The node's way to say that something failed. */
  readonly onError: Complain;
  disconnect(): void;
}

/** Does not wait for a broker that is away. @param pool the one whose stream tells broker time. */
export async function openNodeBroker(config: WeirConfig, pool: string, log: Logger): Promise<NodeBroker> {
  const broker = brokerAddress(config);
  const redis = connectBroker(broker, 'producer');
  const patient = connectBroker(broker, 'patient');
  const blocking = connectBroker(broker, 'worker');
  const connections = [redis, patient, blocking] as const;
  sealOn(connections, openSeal(config, 'node'));
  const brokerLog = logBroker(broker, connections, log);
  const onError = createComplaints(log, brokerLog.heard);
  for (const connection of connections)
    connection.connect().catch((error: unknown) => onError(error, 'connecting to the broker'));
  const startsFrom = await latestKnown(config.stateDir);
  const clock = createBrokerClock(() => lookAtTime(redis, pool), { startsFrom });
  const evaluateQueue = openQueue<EvaluateJob>(redis, 'evaluate');
  const reports = createReports(async (outcome) => {
    // The patient connection sends outcomes: one that is given up while it arrives would be sent over and over again.
    await append(patient, outcome, clock);
    // The outcome is on the stream. An evaluation that is not woken finds it with the next tick.
    wake(evaluateQueue, outcome.pool).catch((error: unknown) => onError(error, 'waking the evaluation'));
  }, clock);
  const disconnect = () => {
    brokerLog.stop();
    for (const connection of connections) connection.disconnect();
  };
  return { redis, blocking, clock, evaluateQueue, reports, log: brokerLog, onError, disconnect };
}
