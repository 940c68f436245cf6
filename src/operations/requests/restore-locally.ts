import { join } from 'node:path';
import { latestTime, readLeaseFile } from '../../act/leases/lease-file.ts';
import { heldNames } from '../../act/leases/pool-as.ts';
import type { LeaseFile } from '../../act/leases/pool-record.ts';
import { restoreLocally } from '../../act/local/local-restore.ts';
import type { ActuatorTime } from '../../act/node-pool.ts';
import { createBrokerClock } from '../../broker/time/clock.ts';
import type { WeirConfig } from '../../model/configuration/config.ts';
import { WeirError } from '../../model/error.ts';
import { ownAddresses } from '../here.ts';
import { memberOf } from '../lookup.ts';
import { actuatorParts } from '../node-actuator.ts';

/**
 * Ends this node's leases on a member without broker and workers. `target` is a name of weir.yaml, or one that the lease
 * file has from a weir.yaml before it.
 * @throws WeirError when there is no such name, this host is none of the pool's nodes, or the actuator failed.
 */
export async function restoreHere(config: WeirConfig, target: string, by: string): Promise<string> {
  const record = await readLeaseFile(join(config.stateDir, 'leases.json'));
  const { pool, member } = heldTarget(config, record, target) ?? inConfig(config, target);
  const deps = { ...actuatorParts(config, nodeHere(config, record, pool)), ...timeAlone(latestTime(record)) };
  return restoreLocally(deps, { pool, member, by });
}

/** What is written here is not to be later than it is: it goes on from what the lease file knows. */
export function timeAlone(startsFrom: number): ActuatorTime {
  const unheard = () => Promise.reject(new WeirError('unreachable', 'No broker is asked.'));
  const clock = createBrokerClock(unheard, { startsFrom });
  return { brokerNow: () => clock.now(), askBrokerNow: () => clock.ask(), isTimeKnown: () => clock.synced };
}

interface Target {
  readonly pool: string;
  readonly member: string;
}

function inConfig(config: WeirConfig, target: string): Target {
  const { pool, member } = memberOf(config, target);
  return { pool: pool.name, member };
}

/** A name that only the lease file has. */
function heldTarget({ pools }: WeirConfig, record: LeaseFile, target: string): Target | undefined {
  const all = Object.entries(record).flatMap(([pool, poolRecord]) =>
    heldNames(poolRecord)
      .filter((member) => pools[pool]?.members[member] === undefined)
      .map((member): Target => ({ pool, member })),
  );
  const named = all.filter(({ pool, member }) => target === `${pool}/${member}` || target === member);
  return named.length === 1 ? named[0] : undefined;
}

/** The node that this host is, by its addresses: in the pool as weir.yaml or the lease file has it, else in any pool. */
function nodeHere(config: WeirConfig, record: LeaseFile, pool: string): string {
  const own = ownAddresses();
  const pools = [config.pools[pool], record[pool]?.as, ...Object.values(config.pools)];
  const members = pools.flatMap((candidate) => Object.entries(candidate?.members ?? {}));
  const [name] = members.find(([, { address }]) => own.includes(address)) ?? [];
  if (name !== undefined) return name;
  throw new WeirError('usage', `This host has no address of a node of pool ${pool}: run it on one of them.`);
}
