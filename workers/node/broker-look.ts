/** A node's look at the broker, once a second: broker time, desired leases, holds, and whether workers live. */

import type { Actuator } from '../../src/act/actuator.ts';
import { readAlive } from '../../src/broker/alive.ts';
import { readDesiredLeases, readHoldList } from '../../src/broker/store.ts';
import { every, type Repeating } from '../../src/lib/every.ts';
import type { Notifiers } from '../../src/operations/destinations.ts';
import { copyAudit } from '../../src/operations/views/audit.ts';
import { createInsistence } from '../notifications/insist.ts';
import { createBrokerWatch } from '../watch-broker.ts';
import type { KnownHeadsFile } from './known-heads.ts';
import type { KnownHolds } from './known-holds.ts';
import type { NodeBroker } from './node-broker.ts';

/** How often the node looks at the broker, in ms. */
const LOOK_EVERY_MS = 1_000;

export interface BrokerLookDependencies {
  /** The node's name. */
  readonly name: string;
  readonly pools: readonly string[];
  readonly broker: Pick<NodeBroker, 'redis' | 'clock' | 'reports'>;
  readonly actuator: Pick<Actuator, 'takeDesired' | 'audit'>;
  readonly knownHolds: Pick<KnownHolds, 'update'>;
  readonly knownHeads: Pick<KnownHeadsFile, 'look'>;
  readonly notifiers: Notifiers;
  /** Notes the ids of desired leases of the pool that cannot be read. */
  onUnreadable(pool: string, ids: readonly string[]): void;
  onError(error: unknown, doing: string): void;
}

/** Tells people that the broker, or every worker, is away: nobody else would. */
export function startBrokerLook(deps: BrokerLookDependencies): Repeating {
  const { name, pools, broker, notifiers, onError } = deps;
  // Broker time may jump when it is first heard.
  const steady = () => Math.round(performance.timeOrigin + performance.now());
  const watchBroker = createBrokerWatch({ node: name, pools, startedAt: steady() });
  const insistence = createInsistence({ notifiers, onFailure: onError });
  const once = async () => {
    const alive = await lookAtBroker(deps).catch(() => undefined);
    const { due, over } = watchBroker({ now: steady(), isTimeKnown: broker.clock.synced, alive });
    for (const message of due) insistence.tell(message);
    for (const id of over) insistence.withdraw(id);
  };
  const repeating = every(LOOK_EVERY_MS, 'look at the broker', once, onError);
  return {
    async stop() {
      await repeating.stop();
      insistence.stop();
    },
  };
}

/** @returns for each pool whether it is evaluated. */
async function lookAtBroker(deps: BrokerLookDependencies): Promise<Map<string, boolean>> {
  const { pools, actuator, knownHolds, knownHeads, onUnreadable } = deps;
  const { redis, clock, reports } = deps.broker;
  await clock.sync();
  const alive = await readAlive(redis, pools);
  for (const pool of pools) {
    await actuator.takeDesired(await readDesiredLeases(redis, pool, (ids) => onUnreadable(pool, ids), clock.now()));
    await copyAudit(redis, pool, actuator.audit(pool));
    await knownHeads.look(pool, clock.now() - clock.lead);
    await knownHolds.update(pool, await readHoldList(redis, pool), clock.now());
  }
  await reports.flush();
  return alive;
}
