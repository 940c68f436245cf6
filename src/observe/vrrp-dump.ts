/** keepalived's JSON dump: version 1 is an array, version 2 an object. Source: keepalived 2.2.7 vrrp/vrrp_json.c. */

export interface VrrpInstance {
  readonly name: string;
  /** 0 INIT, 1 BACKUP, 2 MASTER, 3 FAULT. */
  readonly state: number;
  readonly interface: string;
  readonly vips: readonly string[];
  readonly effectivePriority?: number;
  readonly nopreempt?: boolean;
  readonly routerId?: number;
  readonly version?: number;
  readonly basePriority?: number;
  /** Of the last advert that it took as BACKUP. */
  readonly masterPriority?: number;
  readonly advertSeconds?: number;
  /** A password is asked for. Which one goes no further than here. */
  readonly authenticated?: boolean;
  readonly advertsReceived?: number;
  /** Adverts that it refused since it started, by its own name of the reason. */
  readonly refused?: Readonly<Record<string, number>>;
  /** Unix time in seconds. */
  readonly lastTransition?: number;
}

/**
 * Takes out what Weir uses and nothing else: the dump of 2.2.7 has the VRRP password in clear (T6), and so it goes no
 * further than here. undefined for text that is no whole dump: keepalived up to 2.4.3 shows the file empty or torn while
 * it writes (T4).
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
    const vips = [field(data, 'vips'), field(data, 'evips')].flatMap((all) => (Array.isArray(all) ? all : []));
    return [
      {
        name: String(field(data, 'iname') ?? ''),
        state,
        interface: String(field(data, 'ifp_ifname') ?? ''),
        vips: vips.filter((vip): vip is string => typeof vip === 'string'),
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

/** vrrp_check_packet of keepalived vrrp/vrrp.c counts each advert that it refuses under one of these. */
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

function refusedIn(stats: unknown): Record<string, number> {
  const counts = REFUSALS.map((name) => [name, field(stats, name)] as const);
  return Object.fromEntries(counts.filter((pair): pair is [string, number] => typeof pair[1] === 'number'));
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function optional<Name extends string>(name: Name, value: unknown): { [key in Name]?: number } {
  return (typeof value === 'number' && Number.isFinite(value) ? { [name]: value } : {}) as { [key in Name]?: number };
}

const STATES = ['INIT', 'BACKUP', 'MASTER', 'FAULT'];

export function isMaster({ state }: Pick<VrrpInstance, 'state'>): boolean {
  return STATES[state] === 'MASTER';
}

export interface Evidence {
  /** The process is alive. */
  readonly alive: boolean;
  /** From a dump that is younger than the question; absent when none came. */
  readonly state?: number;
  /** The VIP is on the VRRP interface. Not lo: there it is on every node (T1). */
  readonly vip: boolean;
}

/**
 * The verdict of domain.md, 'Read state'. A dump is only believed when it is fresh (T3), a VIP is no sign of a live
 * keepalived (T2), and a live one that writes no dump hangs (T36).
 */
export function verdict({ alive, state, vip }: Evidence): string {
  if (!alive) return vip ? 'ORPHAN' : 'DOWN';
  if (state === undefined) return 'HUNG';
  const name = STATES[state] ?? 'INIT';
  if ((name === 'MASTER' && !vip) || (name === 'BACKUP' && vip)) return 'MISMATCH';
  return name;
}
