/** A node's composition: polls, the actuator, the look at the broker. Small: no rule engine is loaded here. */

import type { Redis } from 'ioredis';
import { type Actuator, createActuator } from '../../src/act/actuator.ts';
import { readAuditBetween } from '../../src/broker/audit.ts';
import { append } from '../../src/broker/entries/stream.ts';
import { wake } from '../../src/broker/queues.ts';
import type { BrokerClock } from '../../src/broker/time/clock.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import type { Outcome } from '../../src/model/decisions/outcome.ts';
import { openChannels, openOwnNotifiers } from '../../src/operations/destinations.ts';
import { poolsWith } from '../../src/operations/lookup.ts';
import { actuatorParts } from '../../src/operations/node-actuator.ts';
import { startBrokerLook } from '../node/broker-look.ts';
import { type KnownHeadsFile, openKnownHeads } from '../node/known-heads.ts';
import { type KnownHolds, openKnownHolds } from '../node/known-holds.ts';
import { openNodeBroker } from '../node/node-broker.ts';
import { startNodeJobs } from '../node/node-jobs.ts';
import { startNodePolls } from '../node/node-polls.ts';
import { createUnreadable } from '../node/unreadable.ts';
import { openRoleLog } from '../role-log.ts';
import { closeInOrder, onceOnly, type Role } from './role.ts';

/**
 * Starts the node.
 * @throws WeirError when no pool has a member of this name, or another node runs on the same state_dir. A broker that is
 * away, ip_vs or keepalived that are missing are troubles, not errors: the rest goes on.
 */
export async function startNode(config: WeirConfig, name: string): Promise<Role> {
  const pools = poolsWith(config, name);
  const poolNames = pools.map((pool) => pool.name);
  const { log, journal } = openRoleLog(`node ${name}`, config);
  const channels = await openChannels(config.tell);
  const own = await openOwnNotifiers(config.tell, channels);
  const broker = await openNodeBroker(config, poolNames[0] as string, log);
  const { clock, evaluateQueue, reports, onError } = broker;

  const report = (outcome: Outcome) => {
    const { pool, member, result, detail } = outcome;
    log.notice({ pool, member, result, detail }, 'outcome');
    reports.add(outcome);
    reports.flush().catch(() => undefined); // The look at the broker tries again every second.
  };
  const actuator = openActuator(config, name, clock, report);
  await actuator.start();
  const memory = await openMemory(config.stateDir, broker.redis);
  const unreadable = createUnreadable();

  const polls = await startNodePolls({
    config,
    name,
    pools,
    clock,
    actuator,
    ...memory,
    unreadable: unreadable.of,
    append: (sweep) => append(broker.redis, sweep, clock),
    wake: (pool) => wake(evaluateQueue, pool),
    onHints: (hints) => log.info({ hints }, 'keepalived tells a change'),
    onError,
  });
  const onFailed = (job: string | undefined, error: Error) => onError(error, `job ${job ?? ''}`);
  const jobs = startNodeJobs({ name, broker, actuator, report, onFailed, onError });
  const look = startBrokerLook({
    name,
    pools: poolNames,
    broker,
    actuator,
    ...memory,
    notifiers: new Map([['console', journal], ...own]),
    onUnreadable: unreadable.note,
    onError,
  });

  log.notice({ pools: poolNames }, broker.log.isAway ? 'node is up, and waits for the broker' : 'node is up');
  const closers = [
    () => polls.stop(),
    () => look.stop(),
    () => jobs.close(),
    () => actuator.close(),
    () => polls.close(),
    () => evaluateQueue.close(),
    () => channels.mailer?.close(),
    () => broker.disconnect(),
  ];
  return { stop: onceOnly(() => closeInOrder(closers, onError)), stuck: polls.stuck };
}

/** What the node remembers of the broker, in its state_dir. */
async function openMemory(
  stateDir: string,
  redis: Redis,
): Promise<{ knownHolds: KnownHolds; knownHeads: KnownHeadsFile }> {
  const knownHeads = await openKnownHeads(stateDir, (...what) => readAuditBetween(redis, ...what));
  return { knownHolds: await openKnownHolds(stateDir), knownHeads };
}

/** The actuator, whose broker time is that of the clock. */
function openActuator(
  config: WeirConfig,
  name: string,
  clock: BrokerClock,
  report: (outcome: Outcome) => void,
): Actuator {
  return createActuator({
    ...actuatorParts(config, name),
    brokerNow: () => clock.now(),
    askBrokerNow: () => clock.ask(),
    isTimeKnown: () => clock.synced,
    report: async (outcome) => report(outcome),
  });
}
