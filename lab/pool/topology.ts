/** Names and addresses of the lab. They stay the same, so that measurements can be compared. */

/** d is there in a lab whose weir.yaml has it as a third member. */
export type Member = 'a' | 'b' | 'd';

/** A host is a network namespace on the bridge. `c` has the producers, `l` the stand-in for logstash. */
export type HostName = Member | 'c' | 'l';

export const MEMBERS: readonly Member[] = ['a', 'b'];

const EVERY_MEMBER: readonly Member[] = [...MEMBERS, 'd'];

export const ADDRESS: Readonly<Record<HostName, string>> = {
  a: '192.168.81.51',
  b: '192.168.81.234',
  d: '192.168.81.77',
  c: '192.168.81.156',
  l: '192.168.81.60',
};

export interface HostNetwork {
  readonly address: string;
  readonly address6: string;
  readonly mac: string;
}

export const HOSTS = Object.keys(ADDRESS) as readonly HostName[];

/** Every address of a host has the same number: a is .51, ::51 and :51. */
export function networkOf(host: HostName): HostNetwork {
  const number = ADDRESS[host].split('.')[3] ?? '';
  const [high = '', low = ''] = [number.slice(0, -2), number.slice(-2)];
  return {
    address: ADDRESS[host],
    address6: `fd00:81::${number}`,
    mac: `02:00:00:00:${high.padStart(2, '0')}:${low.padStart(2, '0')}`,
  };
}

export const PRIORITY: Readonly<Record<Member, number>> = { a: 254, b: 250, d: 246 };

export const WEIGHT = 100;

export const VIP = '192.168.81.229';

export const REDIS_PORT = 6379;

/** The bridge itself, where nodes reach the broker: a forwarder passes it on to the machine that runs the lab. */
export const BRIDGE_ADDRESS = '192.168.81.1';

export const BROKER_PORT = 6390;

/** The list that producers push to and consumers read. */
export const QUEUE = 'logstash';

export const MAXMEMORY_BYTES = 64 * 1024 * 1024;

/** Which member has this address; undefined for any other. */
export function memberAt(address: string): Member | undefined {
  return EVERY_MEMBER.find((member) => [ADDRESS[member], networkOf(member).address6].includes(address));
}
