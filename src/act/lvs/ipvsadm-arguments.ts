/** Arguments for ipvsadm, a parser of its output, and sentences for its errors. Pure. */

import { isIPv6 } from 'node:net';
import { CommandError } from '../../lib/run-program.ts';
import type { PoolConfig } from '../../model/configuration/config.ts';
import { fwmarkOf } from '../../model/configuration/fwmark.ts';
import { FORWARDING_FLAG } from '../../model/configuration/lvs.ts';
import { WeirError } from '../../model/error.ts';
import { endpoint } from './address.ts';

/** Connections above which a member gets no new ones, and below which it gets them again; 0: none. */
export interface Thresholds {
  readonly upper: number;
  readonly lower: number;
}

/** A member's place in the kernel's table. */
export interface RealServer {
  readonly pool: string;
  readonly member: string;
  /** What heads the service in a listing. */
  readonly protocol: 'TCP' | 'FWM';
  /** The VIP as `address:port`; of FWM the mark, as ipvsadm writes it: decimal. */
  readonly service: string;
  /** The member, as `address:port`. */
  readonly destination: string;
  readonly ipv6: boolean;
  readonly forwarding: PoolConfig['lvs']['forwarding'];
}

/** A weight is an int in the kernel (include/uapi/linux/ip_vs.h), and keepalived sets any of them. */
const MAX_WEIGHT = 2_147_483_647;

/**
 * Where the member stands in the table. Direct routing and tunnels cannot change the port: it is the service's, and a
 * service by mark has none (port 0).
 */
export function realServerOf(pool: PoolConfig, member: string): RealServer {
  const config = pool.members[member];
  if (config === undefined) {
    const names = Object.keys(pool.members).join(', ');
    throw new WeirError('usage', `Pool ${pool.name} has no member ${member}; it has ${names}.`);
  }
  const mark = fwmarkOf(pool);
  return {
    pool: pool.name,
    member,
    protocol: mark === undefined ? 'TCP' : 'FWM',
    service: mark === undefined ? endpoint(pool.vip.address, pool.vip.port) : String(mark),
    destination: endpoint(config.address, mark === undefined ? pool.vip.port : 0),
    ipv6: isIPv6(pool.vip.address),
    forwarding: pool.lvs.forwarding,
  };
}

/** Shows three time-outs and changes nothing. Who may do that may do the rest. */
export const SHOW_TIMEOUTS: readonly string[] = ['-L', '--timeout'];

/** Lists the service's thresholds. Without -n names are cut short, without --exact large numbers become 100M. */
export function listThresholds(place: RealServer): string[] {
  return ['-L', '-n', ...serviceArgs(place), '--thresholds', '--exact'];
}

/**
 * `-e` and `-a` reset everything that is not said (docs/hazards.md#t15): weight to 1, thresholds to 0, forwarding to direct
 * routing.
 */
export function edit(place: RealServer, weight: number, keep: Thresholds): string[] {
  return ['-e', ...whole(place, weight, keep)];
}

export function add(place: RealServer, weight: number, keep: Thresholds): string[] {
  return ['-a', ...whole(place, weight, keep)];
}

export function remove(place: RealServer): string[] {
  return ['-d', ...serviceArgs(place), '-r', place.destination];
}

/** An address shows its family; a mark needs an option for it (ipvsadm.8: -6). */
function serviceArgs({ protocol, service, ipv6 }: RealServer): string[] {
  if (protocol === 'TCP') return ['-t', service];
  return ['-f', service, ...(ipv6 ? ['-6'] : [])];
}

function whole(place: RealServer, weight: number, keep: Thresholds): string[] {
  if (!Number.isInteger(weight) || weight < 0 || weight > MAX_WEIGHT) {
    throw new WeirError('usage', `${weight} is no weight: ipvsadm takes whole numbers from 0 to ${MAX_WEIGHT}.`);
  }
  const limits = ['-x', String(keep.upper), '-y', String(keep.lower)];
  const flag = FORWARDING_FLAG[place.forwarding];
  return [...serviceArgs(place), '-r', place.destination, flag, '-w', String(weight), ...limits];
}

/**
 * The thresholds of one destination in what listThresholds printed; undefined when it is not listed. The row is
 * `  -> <destination> <upper> <lower> <active> <inactive>`.
 */
export function parseThresholds(text: string, place: RealServer): Thresholds | undefined {
  let inService = false;
  for (const line of text.split('\n')) {
    const [first, second, upper, lower, ...rest] = line.trim().split(/\s+/);
    if (['TCP', 'UDP', 'SCTP', 'FWM'].includes(first ?? '')) {
      inService = first === place.protocol && second === place.service;
    } else if (inService && first === '->' && second === place.destination) {
      const thresholds = { upper: Number(upper), lower: Number(lower) };
      if (rest.length !== 2 || !Number.isInteger(thresholds.upper) || !Number.isInteger(thresholds.lower)) {
        throw new WeirError('system', `ipvsadm printed a row that Weir cannot read: "${line.trim()}".`);
      }
      return thresholds;
    }
  }
  return undefined;
}

/** ipvsadm's own words (libipvs.c, ipvs_strerror) and what they mean to the person on call. */
const MEANINGS: readonly (readonly [RegExp, (place: RealServer) => string])[] = [
  [
    /must be root|Operation not permitted/,
    () => 'Weir may not change the LVS table: weir node needs CAP_NET_ADMIN (run it as root).',
  ],
  [
    /Can't initialize ipvs|Protocol not available|Module is wrong version/,
    () => 'The kernel has no LVS: load it with "modprobe ip_vs".',
  ],
  [
    /Service not defined|No such service/,
    (place) =>
      `The LVS table has no service ${place.protocol} ${place.service}: see whether keepalived runs and has this virtual_server.`,
  ],
  [
    /No such destination/,
    (place) => `${place.member} (${place.destination}) is not in the LVS table: keepalived has removed it.`,
  ],
  [
    /Destination already exists/,
    (place) => `${place.member} (${place.destination}) is in the LVS table already: somebody else has added it.`,
  ],
  [/Memory allocation problem/, () => 'The kernel had no memory for the change of the LVS table.'],
];

/** The same error with a sentence that says what to do; anything that is not known stays as it is. */
export function explain(error: unknown, place: RealServer): unknown {
  if (!(error instanceof CommandError)) return error;
  const meaning = MEANINGS.find(([pattern]) => pattern.test(error.stderr));
  if (meaning === undefined) return error;
  const { command, exitCode, stderr } = error;
  return new CommandError(meaning[1](place), { command, exitCode, stderr, cause: error });
}
