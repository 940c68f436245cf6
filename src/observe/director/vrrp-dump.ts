/** Parses keepalived's JSON dump: version 1 is an array, version 2 an object. Source: keepalived 2.2.7 vrrp/vrrp_json.c. */

import { field } from '../../lib/fields.ts';
import { shortAddress } from '../../lib/ip-address.ts';
import type { VrrpInstance } from '../../model/readings/vrrp-instance.ts';

/**
 * Takes out what Weir uses and nothing else: the dump of 2.2.7 has the VRRP password in clear (docs/hazards.md#t6), and it
 * must go no further than here. Returns undefined where the text is no whole dump: while keepalived up to 2.4.3 writes the
 * file, it is empty or torn (docs/hazards.md#t4).
 */
export function parseDump(text: string): VrrpInstance[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const list = Array.isArray(parsed) ? parsed : field(parsed, 'vrrp');
  if (!Array.isArray(list)) return undefined;
  return list.flatMap((one: unknown) => {
    const data = field(one, 'data');
    const state = field(data, 'state');
    if (typeof state !== 'number') return [];
    const vips = [field(data, 'vips'), field(data, 'evips')]
      .flatMap((all) => (Array.isArray(all) ? all : []))
      .filter((vip): vip is string => typeof vip === 'string');
    return [
      {
        name: String(field(data, 'iname') ?? ''),
        state,
        interface: belowVmac(data, vips) ?? String(field(data, 'ifp_ifname') ?? ''),
        vips,
        ...optional('effectivePriority', field(data, 'effective_priority')),
        authenticated: typeof field(data, 'auth_type') === 'number' && field(data, 'auth_type') !== 0,
        refused: refusedIn(field(one, 'stats')),
        ...optional('routerId', field(data, 'vrid')),
        ...optional('version', field(data, 'version')),
        ...optional('basePriority', field(data, 'base_priority')),
        ...optional('masterPriority', field(data, 'master_priority')),
        ...optional('advertSeconds', field(data, 'adver_int')),
        ...optional('lastTransition', field(data, 'last_transition')),
        ...optional('advertsReceived', field(field(one, 'stats'), 'advert_rcvd')),
        ...(typeof field(data, 'nopreempt') === 'boolean' && { nopreempt: field(data, 'nopreempt') as boolean }),
      },
    ];
  });
}

/** keepalived counts each advert that it refuses under one of these (vrrp/vrrp.c, vrrp_check_packet). */
const REFUSALS = [
  'packet_len_err',
  'advert_interval_err',
  'ip_ttl_err',
  'invalid_type_rcvd',
  'addr_list_err',
  'invalid_authtype',
  'authtype_mismatch',
  'auth_failure',
];

/** `dev vrrp.51@eth0`, where vrrp.51 is the instance's vmac_ifname: eth0. */
function belowVmac(data: unknown, vips: readonly string[]): string | undefined {
  const own = field(data, 'vmac_ifname');
  if (typeof own !== 'string' || own === '') return undefined;
  const placed = vips.map((text) => / dev ([^\s@]+)@(\S+)/.exec(text));
  return placed.find((place) => place?.[1] === own)?.[2];
}

function refusedIn(stats: unknown): Record<string, number> {
  const counts = REFUSALS.map((name) => [name, field(stats, name)] as const);
  return Object.fromEntries(counts.filter((pair): pair is [string, number] => typeof pair[1] === 'number'));
}

function optional<Name extends string>(name: Name, value: unknown): { [key in Name]?: number } {
  return (typeof value === 'number' && Number.isFinite(value) ? { [name]: value } : {}) as { [key in Name]?: number };
}

const STATES = ['INIT', 'BACKUP', 'MASTER', 'FAULT'];

export function isMaster({ state }: Pick<VrrpInstance, 'state'>): boolean {
  return STATES[state] === 'MASTER';
}

/** Finds the instance that has this VIP; among several the one with this virtual_router_id. */
export function instanceWith(
  instances: readonly VrrpInstance[],
  vip: string,
  routerId: number,
): VrrpInstance | undefined {
  const having = instances.filter((instance) => vipIn(instance, vip) !== undefined);
  return having.find((instance) => instance.routerId === routerId) ?? having[0];
}

/**
 * Returns the interface on which keepalived has the VIP, or would have it: vrrp.51 of
 * `10.0.0.100/24 dev vrrp.51@eth0 scope global set`, where eth0 is below vrrp.51 (vrrp/vrrp_ipaddress.c, format_ipaddress).
 * Returns undefined where the dump does not say: 2.0.10 has the address alone.
 */
export function deviceOf(instance: VrrpInstance, vip: string): string | undefined {
  return / dev ([^\s@]+)/.exec(vipIn(instance, vip) ?? '')?.[1];
}

/** Returns keepalived's text for this VIP, if the instance has it. It ends with ` set` while the address is put up. */
export function vipIn({ vips }: VrrpInstance, vip: string): string | undefined {
  return vips.find((text) => shortAddress(text.split(/[\s/]/)[0] ?? '') === shortAddress(vip));
}

export interface Evidence {
  /** The process is alive. */
  readonly alive: boolean;
  /** It has written dumps, and now it writes none. */
  readonly hangs?: boolean | undefined;
  /** From a dump that is younger than the question; absent when none came, or none of its instances has the VIP. */
  readonly state?: number | undefined;
  /** The VIP is on the interface where this keepalived puts it. Not lo: every node has it there (docs/hazards.md#t1). */
  readonly vip: boolean;
}

/**
 * Judges a director's state. A dump is believed only when it is fresh (docs/hazards.md#t3). A VIP is no sign of a live
 * keepalived (docs/hazards.md#t2). A live one that no longer writes dumps hangs (docs/hazards.md#t36). Returns undefined
 * where nothing tells the state.
 */
export function verdict({ alive, hangs, state, vip }: Evidence): string | undefined {
  if (!alive) return vip ? 'ORPHAN' : 'DOWN';
  if (hangs) return 'HUNG';
  if (state === undefined) return undefined;
  const name = STATES[state] ?? 'INIT';
  if ((name === 'MASTER' && !vip) || (name === 'BACKUP' && vip)) return 'MISMATCH';
  return name;
}
