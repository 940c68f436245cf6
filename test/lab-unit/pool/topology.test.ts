import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ADDRESS,
  BRIDGE_ADDRESS,
  HOSTS,
  MEMBERS,
  memberAt,
  networkOf,
  PRIORITY,
  VIP,
} from '../../../lab/pool/topology.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** Everything on the bridge that answers for an address. */
const ADDRESSES = [...HOSTS.map((host) => ADDRESS[host]), VIP, BRIDGE_ADDRESS];

describe('hosts and addresses', () => {
  it('no name and no address is there twice', () => {
    expect(new Set(HOSTS).size).toBe(HOSTS.length);
    expect(new Set(ADDRESSES).size).toBe(HOSTS.length + 2);
  });

  it('all are in the one network that the bridge has', () => {
    const network = BRIDGE_ADDRESS.replace(/\d+$/, '');
    const last = ADDRESSES.map((address) => address.replace(network, '')).map(Number);

    expect(last.filter((byte) => !(byte >= 1 && byte <= 254))).toEqual([]);
  });

  it('have the number of their address in IPv6 and on the wire too, and nobody has the same', () => {
    expect(networkOf('b')).toEqual({
      address: '192.168.81.234',
      address6: 'fd00:81::234',
      mac: '02:00:00:00:02:34',
    });
    expect(networkOf('a')).toMatchObject({ address6: 'fd00:81::51', mac: '02:00:00:00:00:51' });
    expect(new Set(HOSTS.map((host) => networkOf(host).mac)).size).toBe(HOSTS.length);
  });

  it('the bridge gets its address where it is made', () => {
    const init = readFileSync(join(ROOT, 'lab/guest/init.sh'), 'utf8');

    expect(init).toContain(`addr add ${BRIDGE_ADDRESS}/24 dev br0`);
  });

  it('the name of a host makes the name of its port, which the kernel cuts at 15 characters', () => {
    expect(HOSTS.filter((host) => !/^[a-z][a-z0-9]{0,13}$/.test(host))).toEqual([]);
  });
});

describe('members', () => {
  it('each is a host', () => {
    expect(MEMBERS.filter((member) => !HOSTS.includes(member))).toEqual([]);
  });

  it('a wins the election, and -254 takes every one of them out of it', () => {
    const priorities = MEMBERS.map((member) => PRIORITY[member]);

    expect(Math.max(...priorities)).toBe(PRIORITY.a);
    expect(new Set(priorities).size).toBe(MEMBERS.length);
    // 255 is the owner of the address, 0 gives the VIP away (RFC 5798, 5.2.4).
    expect(priorities.filter((priority) => priority < 1 || priority > 254)).toEqual([]);
  });

  it('are found by their address; a host that is none, and the VIP, are nobody', () => {
    expect(MEMBERS.map((member) => memberAt(ADDRESS[member]))).toEqual(MEMBERS);
    expect(MEMBERS.map((member) => memberAt(networkOf(member).address6))).toEqual(MEMBERS);
    expect([ADDRESS.c, ADDRESS.l, VIP, BRIDGE_ADDRESS, ''].map(memberAt)).toEqual(Array(5).fill(undefined));
  });
});
