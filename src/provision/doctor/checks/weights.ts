/** LVS: the weights in the table, and whether the scheduler uses them. */

import type { PoolConfig } from '../../../model/configuration/config.ts';
import { BLIND_TO_WEIGHTS, FORWARDING_FLAG } from '../../../model/configuration/lvs.ts';
import { type Check, type Found, perPool } from '../check.ts';
import type { ServiceFacts } from '../facts.ts';
import { isV6 } from '../wanted.ts';

const scheduler = perPool('scheduler-differs', ({ pool, seen: { service }, wanted }) => {
  if (!service || service.scheduler === pool.lvs.scheduler) return undefined;
  return {
    is: `The service ${pool.vip.address}:${pool.vip.port} is scheduled by ${service.scheduler}.`,
    should: `${wanted.config.file} says ${pool.lvs.scheduler}.`,
    why: 'Directors that schedule differently spread producers differently after every failover.',
    mend: [`weir render --node ${wanted.node} --diff`, `weir render --node ${wanted.node} --apply`],
  };
});

const blind = perPool('weights-ignored', ({ pool, seen: { service }, wanted }) => {
  if (!service || !BLIND_TO_WEIGHTS.has(service.scheduler)) return undefined;
  const positive = Object.entries(service.weights).filter(([, weight]) => weight > 0);
  if (new Set(positive.map(([, weight]) => weight)).size < 2) return undefined;
  return {
    is: `${service.scheduler} schedules ${positive.map(([name, weight]) => `${name} at weight ${weight}`).join(', ')}.`,
    should: 'Weights that differ need wrr or wlc.',
    why: `${service.scheduler} takes every weight above 0 for the same: each of them gets an equal share.`,
    mend: [
      `# in ${wanted.config.file}: pools.${pool.name}.lvs.scheduler: wrr; then on each node:`,
      `weir render --node ${wanted.node} --apply`,
    ],
  };
});

const unowned: Check = {
  name: 'weight-without-owner',
  find({ pools, weir: { leased } }, wanted) {
    if (leased === undefined) return [];
    return wanted.pools.flatMap((pool) => {
      const service = pools[pool.name]?.service;
      return Object.entries(service?.weights ?? {}).flatMap(([name, weight]) => {
        const configured = pool.members[name]?.weight;
        const intended = leased[pool.name]?.[name];
        if (!service || configured === undefined || weight === (intended ?? configured)) return [];
        return [unownedWeight({ pool, service, name, weight, configured, intended, file: wanted.config.file })];
      });
    });
  },
};

interface Unowned {
  readonly pool: PoolConfig;
  readonly service: ServiceFacts;
  readonly name: string;
  readonly weight: number;
  readonly configured: number;
  /** What Weir's leases want; undefined: there is none. */
  readonly intended: number | undefined;
  readonly file: string;
}

function unownedWeight({ pool, service, name, weight, configured, intended, file }: Unowned): Found {
  const keep = weight === 0 ? `weir drain ${pool.name}/${name}` : `weir weight ${pool.name}/${name} ${weight}`;
  return {
    pool: pool.name,
    is: `${name} has weight ${weight} in this table${intended === undefined ? ', and no lease of Weir says so' : ''}.`,
    should:
      intended === undefined ? `${configured}, as ${file} has it.` : `${intended}, as the leases of Weir on it say.`,
    why: 'Set by hand and forgotten, it is given back by nobody; after a failover the other table has another weight.',
    mend: [
      '# to keep it, with an owner and an end:',
      `${keep} --for 1h --reason "..."`,
      '# or to give it back:',
      setWeight(pool, service, name, intended ?? configured),
    ],
  };
}

function setWeight({ vip, lvs, members }: PoolConfig, { mark }: ServiceFacts, name: string, weight: number): string {
  const at = (address: string, port: number) => (isV6(address) ? `[${address}]:${port}` : `${address}:${port}`);
  const service =
    mark === undefined ? `-t ${at(vip.address, vip.port)}` : `-f ${mark}${isV6(vip.address) ? ' -6' : ''}`;
  const member = at(members[name]?.address ?? '', mark === undefined ? vip.port : 0);
  return `ipvsadm -e ${service} -r ${member} ${FORWARDING_FLAG[lvs.forwarding]} -w ${weight}`;
}

export const WEIGHT_CHECKS: readonly Check[] = [scheduler, blind, unowned];
