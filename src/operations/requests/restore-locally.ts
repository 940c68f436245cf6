import { join } from 'node:path';
import { latestTime, readLeaseFile } from '../../act/ledger/lease-file.ts';
import { heldNames } from '../../act/ledger/pool-as.ts';
import type { LeaseFile } from '../../act/ledger/pool-record.ts';
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
 * @throws WeirError when there is no such name, or two, this host is none of the pool's nodes, or the actuator failed.
 */
export async function restoreHere(config: WeirConfig, target: string, by: string): Promise<string> {
  const record = await readLeaseFile(join(config.stateDir, 'leases.json'));
  const { pool, member } = targetIn(config, record, target);
  const deps = { ...actuatorParts(config, nodeHere(config, record, pool)), ...timeAlone(latestTime(record)) };
  return restoreLocally(deps, { pool, member, by });
}

/** The time for what is written here, which must not be in the future: it goes on from what the lease file knows. */
export function timeAlone(startsFrom: number): ActuatorTime {
  const unheard = () => Promise.reject(new WeirError('unreachable', 'No broker is asked.'));
  const clock = createBrokerClock(unheard, { startsFrom });
  return { brokerNow: () => clock.now(), askBrokerNow: () => clock.ask(), isTimeKnown: () => clock.synced };
}

interface Target {
  readonly pool: string;
  readonly member: string;
}

/** A name of weir.yaml, or one that only the lease file has. */
function targetIn(config: WeirConfig, record: LeaseFile, target: string): Target {
  const held = goneIn(config, record).filter(({ pool, member }) => [member, `${pool}/${member}`].includes(target));
  if (held.length === 0) return inConfig(config, target);
  const all = [...held, ...inConfigAlso(config, target)];
  const [first] = held;
  if (all.length === 1 && first !== undefined) return first;
  const names = all.map(({ pool, member }) => `${pool}/${member}`);
  throw new WeirError('usage', `${target} may be ${names.join(' or ')}: write which.`);
}

function inConfig(config: WeirConfig, target: string): Target {
  const { pool, member } = memberOf(config, target);
  return { pool: pool.name, member };
}

function inConfigAlso(config: WeirConfig, target: string): Target[] {
  try {
    return [inConfig(config, target)];
  } catch {
    return [];
  }
}

function goneIn({ pools }: WeirConfig, record: LeaseFile): Target[] {
  return Object.entries(record).flatMap(([pool, poolRecord]) =>
    heldNames(poolRecord)
      .filter((member) => pools[pool]?.members[member] === undefined)
      .map((member): Target => ({ pool, member })),
  );
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
