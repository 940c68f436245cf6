/**
 * Checks a weir.yaml whose every value is well-formed, in the order of the file. Each check finds something that somebody
 * would otherwise find at night. Pure.
 */

import { isIP } from 'node:net';
import { defined } from '../../lib/defined.ts';
import { isLoopback } from '../../lib/ip-address.ts';
import { formatDuration } from '../../model/duration.ts';
import type { WrittenPool } from '../pool-schema.ts';
import type { WrittenConfig } from '../schema.ts';
import { checkSeal } from '../seal-schema.ts';
import { checkBroker } from './broker.ts';
import type { Complaint } from './complaint.ts';
import { checkPolicy } from './policy.ts';
import { checkPool } from './pool.ts';
import { checkTell } from './tell.ts';

export function checkConfig(config: WrittenConfig): Complaint[] {
  const pools = Object.entries(config.pools);
  return [
    ...checkBroker(config),
    ...checkSeal(config.seal),
    ...checkPoll(config.poll),
    ...checkHttp(config.http),
    ...(pools.length === 0 ? [{ path: ['pools'], message: 'pools is empty, expected at least one pool' }] : []),
    ...pools.flatMap(([name, pool]) => checkPool(name, pool)),
    ...checkPoolsTogether(config),
    ...checkPolicy(config),
    ...checkTell(config),
  ];
}

function checkPoll({ interval, timeout, window, stale_after }: WrittenConfig['poll']): Complaint[] {
  const complaints: Complaint[] = [];
  const complain = (key: string, message: string) => complaints.push({ path: ['poll', key], message });
  const every = formatDuration(interval);
  if (interval < 1_000 || 60_000 % interval !== 0 || interval % 1_000 !== 0) {
    complain(
      'interval',
      `poll.interval is ${every}, expected whole seconds that divide a minute: 1s, 2s, 5s, 10s, ...`,
    );
  }
  if (timeout <= 0) complain('timeout', 'poll.timeout is 0: no Redis would ever count as answering');
  if (timeout >= interval) {
    complain('timeout', `poll.timeout (${formatDuration(timeout)}) must be shorter than poll.interval (${every})`);
  }
  if (stale_after <= interval) {
    const stale = formatDuration(stale_after);
    complain(
      'stale_after',
      `poll.stale_after (${stale}) must be longer than poll.interval (${every}), or nothing is ever known`,
    );
  }
  if (window < 3 * interval) {
    complain(
      'window',
      `poll.window (${formatDuration(window)}) must hold three polls at least to show a slope (${every} each)`,
    );
  }
  if (window > LONGEST_WINDOW_MS) {
    complain(
      'window',
      `poll.window (${formatDuration(window)}) must be 2m or shorter: a rule's \`signals\` measure longer times`,
    );
  }
  return complaints;
}

/** The shipped rules rely on it: two minutes after a node was MASTER, its rates must no longer show that. In ms. */
const LONGEST_WINDOW_MS = 120_000;

/** In characters. */
const SHORTEST_TOKEN = 16;

function checkHttp({ listen, token, old_token }: WrittenConfig['http']): Complaint[] {
  if (old_token !== undefined && token === undefined) {
    const message = 'http.old_token is the one before http.token, which is not set';
    return [{ path: ['http', 'old_token'], message }];
  }
  if (isLoopback(listen.host)) return [];
  if (token !== undefined) {
    return Object.entries({ token, ...defined({ old_token }) }).flatMap(([key, { reveal }]) => {
      const { length } = reveal();
      if (length >= SHORTEST_TOKEN) return [];
      const text = `http.${key} has ${length} characters and can be guessed, expected ${SHORTEST_TOKEN} at least: \`openssl rand -hex 24\` makes one`;
      return [{ path: ['http', key], message: text }];
    });
  }
  const message = `http.listen on ${listen.host} can be reached from other machines: it needs http.token, or listen on 127.0.0.1`;
  return [{ path: ['http', 'listen'], message }];
}

/** Why two pools cannot share one VRRP instance; undefined when they can. */
function differenceOf(x: WrittenPool, y: WrittenPool): string | undefined {
  const terms = ({ vrrp }: WrittenPool) =>
    JSON.stringify([vrrp.version, vrrp.advert_interval, vrrp.preempt, vrrp.auth?.reveal()]);
  const servers = ({ members }: WrittenPool) =>
    Object.entries(members)
      .map(([name, { address, priority }]) => `${name} ${address} ${priority}`)
      .sort()
      .join();
  if (isIP(x.vip.address) !== isIP(y.vip.address)) return 'their VIPs must both be IPv4 or both be IPv6';
  if (terms(x) !== terms(y)) return 'version, advert_interval, preempt and auth must be the same in both';
  if (servers(x) !== servers(y)) return 'they must have the same members, addresses and priorities';
  return undefined;
}

/** A node is known by its name in every pool that it serves, and a VRRP id is one instance per network. */
function checkPoolsTogether({ pools }: WrittenConfig): Complaint[] {
  const complaints: Complaint[] = [];
  const nodeAt = new Map<string, { pool: string; name: string }>();
  const vips = new Map<string, string>();
  const routers = new Map<string, string>();
  for (const [poolName, pool] of Object.entries(pools)) {
    const path = ['pools', poolName];
    const vip = `${pool.vip.address} port ${pool.vip.port}`;
    const twin = vips.get(vip);
    if (twin !== undefined)
      complaints.push({ path: [...path, 'vip', 'address'], message: `pool ${twin} has the VIP ${vip} already` });
    vips.set(vip, poolName);
    for (const [name, member] of Object.entries(pool.members)) {
      const before = nodeAt.get(member.address);
      if (before !== undefined && before.pool !== poolName && before.name !== name) {
        const message = `${member.address} is called ${before.name} in pool ${before.pool}: a node has one name in all pools`;
        complaints.push({ path: [...path, 'members', name, 'address'], message });
      }
      nodeAt.set(member.address, before ?? { pool: poolName, name });
      const router = `${member.address} ${member.interface ?? pool.vrrp.interface} ${pool.vrrp.virtual_router_id}`;
      const other = routers.get(router);
      const twin = other === undefined || other === poolName ? undefined : pools[other];
      const difference = twin && differenceOf(pool, twin);
      if (difference !== undefined) {
        const message = `pool ${other} has virtual_router_id ${pool.vrrp.virtual_router_id} on ${name} too, so both share one VRRP instance, and ${difference}`;
        complaints.push({ path: [...path, 'vrrp', 'virtual_router_id'], message });
      }
      routers.set(router, poolName);
    }
  }
  for (const [poolName, pool] of Object.entries(pools)) {
    const owner = nodeAt.get(pool.vip.address);
    if (owner === undefined || owner.pool === poolName) continue;
    const message = `the VIP ${pool.vip.address} is the address of ${owner.name} in pool ${owner.pool}: keepalived would move it between nodes`;
    complaints.push({ path: ['pools', poolName, 'vip', 'address'], message });
  }
  return complaints;
}
