import { isIP } from 'node:net';
import { BLIND_TO_WEIGHTS } from '../../model/configuration/lvs.ts';
import { formatDuration } from '../../model/duration.ts';
import type { WrittenPool } from '../pool-schema.ts';
import { checkTls } from '../tls-schema.ts';
import type { Complaint } from './complaint.ts';

/**
 * Characters that keepalived reads as blanks, comments, quotes, blocks, variables and conditions (lib/parser.c): the value
 * would be cut there, or become another one.
 */
const NOT_IN_A_WORD = /[^\x21-\x7e]|[#!"'\\{}$@~]/;

/** Checks one pool by itself. */
export function checkPool(name: string, pool: WrittenPool): Complaint[] {
  return [
    ...checkAddresses(pool),
    ...checkServing(pool),
    ...checkWeights(pool),
    ...checkVrrp(pool),
    ...checkLists(pool),
    ...(pool.redis.tls === undefined ? [] : checkTls(pool.redis.tls, ['redis', 'tls'])),
  ].map(({ path, message }) => ({ path: ['pools', name, ...path], message }));
}

function checkAddresses({ vip, members }: WrittenPool): Complaint[] {
  const complaints: Complaint[] = [];
  const nameAt = new Map<string, string>();
  for (const [name, member] of Object.entries(members)) {
    const path = ['members', name, 'address'];
    const key = member.address.toLowerCase();
    const twin = nameAt.get(key);
    nameAt.set(key, name);
    if (twin !== undefined) complaints.push({ path, message: `${member.address} is the address of ${twin} already` });
    if (key === vip.address.toLowerCase()) {
      const message = `${member.address} is the VIP: a member needs the server's own address`;
      complaints.push({ path, message });
    } else if (isIP(key) !== isIP(vip.address)) {
      const message = `${member.address} and the VIP ${vip.address} must both be IPv4 or both be IPv6`;
      complaints.push({ path, message });
    }
  }
  return complaints;
}

function checkServing({ members, min_serving }: WrittenPool): Complaint[] {
  const count = Object.keys(members).length;
  if (count < 2) return [{ path: ['members'], message: `a pool needs two members or more, this one has ${count}` }];
  if (min_serving < count) return [];
  const message = `min_serving is ${min_serving} of ${count} members, expected less: else no member may ever be drained`;
  return [{ path: ['min_serving'], message }];
}

function checkWeights({ members, lvs, min_serving }: WrittenPool): Complaint[] {
  const all = Object.entries(members);
  const first = all[0];
  const odd = all.find(([, member]) => member.weight !== first?.[1].weight);
  if (first !== undefined && odd !== undefined && BLIND_TO_WEIGHTS.has(lvs.scheduler)) {
    const [name, member] = odd;
    const message = `the scheduler ${lvs.scheduler} ignores weights, yet ${name} has ${member.weight} and ${first[0]} ${first[1].weight}: use wrr or wlc, or equal weights`;
    return [{ path: ['members', name, 'weight'], message }];
  }
  const weighted = all.filter(([, member]) => member.weight > 0).length;
  if (weighted >= min_serving) return [];
  const idle = all.find(([, member]) => member.weight === 0)?.[0] ?? '';
  const message = `${weighted} members have a weight above 0, but min_serving is ${min_serving}`;
  return [{ path: ['members', idle, 'weight'], message }];
}

function checkVrrp({ vip, vrrp, members }: WrittenPool): Complaint[] {
  const complaints: Complaint[] = [];
  const byPriority = new Map<number, string>();
  for (const [name, { priority }] of Object.entries(members)) {
    const twin = byPriority.get(priority);
    byPriority.set(priority, name);
    if (twin === undefined) continue;
    const message = `${name} and ${twin} both have priority ${priority}: keepalived then lets the higher address win, say which one you mean`;
    complaints.push({ path: ['members', name, 'priority'], message });
  }
  const interval = vrrp.advert_interval;
  if (vrrp.version === 2 && interval !== undefined && (interval < 1_000 || interval % 1_000 !== 0)) {
    const message = `advert_interval is ${formatDuration(interval)}, expected whole seconds with version 2: use version 3`;
    complaints.push({ path: ['vrrp', 'advert_interval'], message });
  }
  if (vrrp.version === 2 && isIP(vip.address) === 6) {
    complaints.push({ path: ['vrrp', 'version'], message: 'VRRP version 2 carries IPv4 only: use version 3' });
  }
  // 12 bits of centiseconds (RFC 5798 5.2.7).
  if (vrrp.version === 3 && interval !== undefined && (interval < 10 || interval > 40_950 || interval % 10 !== 0)) {
    const message = `advert_interval is ${formatDuration(interval)}, expected 10ms to 40950ms in steps of 10ms with version 3`;
    complaints.push({ path: ['vrrp', 'advert_interval'], message });
  }
  if (vrrp.version === 3 && vrrp.auth !== undefined) {
    const message = 'auth does nothing with version 3, VRRPv3 has none (RFC 5798 9): leave it out, or use version 2';
    complaints.push({ path: ['vrrp', 'auth'], message });
  }
  // keepalived cuts auth_pass to eight bytes, and people see no word of it (keepalived.conf.5).
  if (vrrp.auth !== undefined && vrrp.version === 2 && Buffer.byteLength(vrrp.auth.reveal()) > 8) {
    complaints.push({
      path: ['vrrp', 'auth'],
      message: 'auth is longer than eight bytes: VRRP uses the first eight only',
    });
  }
  if (vrrp.auth !== undefined && NOT_IN_A_WORD.test(vrrp.auth.reveal())) {
    const message = 'auth has a character that ends or changes a word in keepalived.conf: use letters and digits';
    complaints.push({ path: ['vrrp', 'auth'], message });
  }
  return complaints;
}

function checkLists({ queues, consumers }: WrittenPool): Complaint[] {
  const urls = consumers.map((consumer) => new URL(consumer.logstash).host);
  return [
    ...repeated(queues).map((i) => ({ path: ['queues', i], message: `the queue "${queues[i]}" is listed already` })),
    ...repeated(urls).map((i) => ({ path: ['consumers', i], message: `the consumer ${urls[i]} is listed already` })),
  ];
}

function repeated(values: readonly string[]): number[] {
  return values.flatMap((value, index) => (values.indexOf(value) < index ? [index] : []));
}
