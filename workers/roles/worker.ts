/** The worker's composition: evaluate, tell, schedule, the page. Holds no state that another worker could miss. */

import { hostname } from 'node:os';
import { append } from '../../src/broker/entries/stream.ts';
import { wake } from '../../src/broker/queues.ts';
import type { Repeating } from '../../src/lib/every.ts';
import { ensureOwnFolder } from '../../src/lib/files/own-folder.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import { startAuditWatch } from '../evaluation/audit-watch.ts';
import { startEvaluation, startTicks } from '../evaluation/evaluation.ts';
import { openInbound } from '../inbound.ts';
import { startObserver } from '../node/observer.ts';
import { TELL_PACE, type TellPace } from '../notifications/destinations.ts';
import { startNotifications } from '../notifications/start-notifications.ts';
import { startRecorder } from '../recorder.ts';
import { openWorkerParts, type WorkerParts } from '../worker-parts.ts';
import { closeInOrder, onceOnly, type Role } from './role.ts';

export interface WorkerOptions {
  /** Poll the members from this host too, unless it is one of the nodes. */
  readonly observe: boolean;
  /** Names of nodes that run in this process: they observe already. */
  readonly nodes?: readonly string[];
  /** Absent: as fast as people and Slack can take it. */
  readonly pace?: TellPace;
}

/**
 * Starts the worker.
 * @throws WeirError when the rules, the configuration or the address of the page are wrong; a broker that is away is
 * waited for.
 */
export async function startWorker(config: WeirConfig, options: WorkerOptions): Promise<Role> {
  await ensureOwnFolder(config.stateDir);
  const parts = await openWorkerParts(config);
  const { redis, blocking, pools, channels, onError } = parts;
  const { editions, rules, evaluator } = await startEvaluation(parts);
  const telling = await startNotifications(parts, options.pace ?? TELL_PACE);
  const ticks = startTicks(parts, evaluator);
  const audit = startAuditWatch(parts);
  const observer = observes(config, options) ? observerOf(parts) : undefined;
  const { stateDir, recording } = config;
  const recorder = startRecorder({ redis, stateDir, maxBytes: recording.maxBytes, pools, onError });
  const inbound = await openInbound(parts, evaluator);
  const how = parts.brokerLog.isAway ? 'worker is up, and waits for the broker' : 'worker is up';
  parts.log.notice({ page: inbound.web.url, pools }, how);

  const closers = [
    () => ticks.stop(),
    () => audit.stop(),
    () => rules.stop(),
    () => recorder.stop(),
    () => observer?.stop(),
    () => inbound.web.stop(),
    () => inbound.socket?.stop(),
    () => evaluator.close(),
    () => editions.stop(),
    () => telling.messages.close(),
    () => telling.threads.stop(),
    () => telling.digest.stop(),
    () => telling.heartbeat?.stop(),
    () => channels.mailer?.close(),
    () => Promise.all([parts.evaluateQueue, parts.messageQueue, parts.outbox].map((queue) => queue.close())),
    () => parts.brokerLog.stop(),
    () => [redis, blocking].map((connection) => connection.disconnect()),
  ];
  return { stop: onceOnly(() => closeInOrder(closers, onError)) };
}

/** A node on this host observes already. */
function observes(config: WeirConfig, { observe, nodes = [] }: WorkerOptions): boolean {
  const isNode = Object.values(config.pools).some((pool) => pool.members[hostname()] !== undefined);
  return observe && !isNode && nodes.length === 0;
}

function observerOf({ config, name, clock, redis, evaluateQueue, onError }: WorkerParts): Repeating {
  return startObserver({
    config,
    name,
    clock,
    append: (sweep) => append(redis, sweep, clock),
    wake: (pool) => wake(evaluateQueue, pool),
    onError,
  });
}
