/** A node on which nothing is wrong, as facts; and a place to plant one fault at a time. */

import { parseConfig } from '../../../src/config/load.ts';
import type { NodeFacts, PoolFacts, ServiceFacts } from '../../../src/provision/doctor/facts.ts';
import { type Wanted, wantedOf } from '../../../src/provision/doctor/wanted.ts';
import { layoutUnder } from '../../../src/provision/render/layout.ts';

export const VIP = '192.168.81.229';

/** @param pools instead of the one pool `logs`. */
export function wanted({ pools = LOGS, node = 'a' }: { pools?: string; node?: string } = {}): Wanted {
  const text = `state_dir: /var/lib/weir\npools:\n${pools}`;
  const config = parseConfig({ file: 'weir.yaml', text, env: { PASS: 'geheim' }, cwd: '/etc/weir', root: true });
  return wantedOf(config, node, layoutUnder('/'));
}

export interface PoolText {
  readonly name?: string;
  readonly vip?: string;
  readonly router?: number;
  readonly lvs?: string;
  readonly vrrp?: string;
  readonly more?: string;
}

export function poolText({
  name = 'logs',
  vip = VIP,
  router = 51,
  lvs = '',
  vrrp = '',
  more = '',
}: PoolText = {}): string {
  return `  ${name}:
    vip: {address: ${vip}, port: 6379}
    lvs: {${lvs}}
    vrrp: {interface: eth0, virtual_router_id: ${router}${vrrp === '' ? '' : `, ${vrrp}`}}
    members:
      a: {address: 192.168.81.51, priority: 254, mac: "02:00:00:00:00:0a"}
      b: {address: 192.168.81.234, priority: 250, mac: "02:00:00:00:00:0b"}
${more}`;
}

const LOGS = poolText();

export const SERVICE: ServiceFacts = { scheduler: 'wrr', persistent: false, weights: { a: 100, b: 100 } };

const POOL: PoolFacts = {
  instance: {
    state: 2,
    interface: 'eth0',
    routerId: 51,
    version: 3,
    advertSeconds: 0.2,
    authenticated: false,
    basePriority: 254,
    effectivePriority: 254,
    masterPriority: 0,
    nopreempt: true,
    grown: { overMs: 1_000, advertsReceived: 0, refused: { auth_failure: 0, addr_list_err: 0 } },
  },
  service: SERVICE,
  arpAnswers: [],
  redis: {
    listening: true,
    denied: false,
    evictionPolicy: 'noeviction',
    maxmemoryBytes: 64 * 1024 * 1024,
    tcpKeepaliveSeconds: 3,
    timeoutSeconds: 0,
    replica: false,
    consumersOnVip: [],
    lacking: [],
  },
  peers: { b: { state: 'BACKUP', vip: false, priority: 250 } },
};

/** Node a, the MASTER. */
export const HEALTHY: NodeFacts = {
  keepalived: { running: true },
  configuration: {
    path: '/etc/keepalived/keepalived.conf',
    exists: true,
    refusal: '',
    loaded: true,
    says: { scripts: [], scriptSecurity: true, syncDaemon: { instance: 'VI_51' }, trackFiles: [] },
    stale: [],
  },
  addresses: [
    { interface: 'lo', isAskedFor: false, address: '127.0.0.1', prefix: 8 },
    { interface: 'lo', isAskedFor: false, address: VIP, prefix: 32 },
    { interface: 'eth0', isAskedFor: true, mac: '02:00:00:00:00:0a', address: '192.168.81.51', prefix: 24 },
    { interface: 'eth0', isAskedFor: true, mac: '02:00:00:00:00:0a', address: VIP, prefix: 32 },
  ],
  sysctls: {
    'net.ipv4.conf.all.arp_ignore': 1,
    'net.ipv4.conf.eth0.arp_ignore': 0,
    'net.ipv4.conf.all.arp_announce': 2,
    'net.ipv4.conf.eth0.arp_announce': 0,
    'net.ipv4.vs.backup_only': 1,
    'net.ipv4.vs.expire_nodest_conn': 1,
    'net.ipv4.vs.expire_quiescent_template': 1,
  },
  lvs: { kernel: true, ipvsadm: true, daemons: ['master'] },
  pools: { logs: POOL },
  weir: { nodePid: 812, netAdmin: true, leased: {} },
  files: [
    { path: '/run/weir/handover', mode: 0o644, uid: 0, gid: 0, folder: false, ofRoot: true },
    { path: '/etc/weir/weir.yaml', mode: 0o600, uid: 1000, gid: 1000, folder: false, ofRoot: false },
    { path: '/srv/rules', mode: 0o775, uid: 1000, gid: 1000, folder: true, ofRoot: false },
    { path: '/tmp', mode: 0o1777, uid: 0, gid: 0, folder: true, ofRoot: false },
  ],
  clocks: { b: { aheadMs: 40, uncertainMs: 2 } },
};

export function withPool(more: Partial<PoolFacts>, facts: NodeFacts = HEALTHY): NodeFacts {
  return { ...facts, pools: { ...facts.pools, logs: { ...(facts.pools.logs ?? POOL), ...more } } };
}

export function withInstance(more: Partial<NonNullable<PoolFacts['instance']>>, facts?: NodeFacts): NodeFacts {
  const instance = (facts ?? HEALTHY).pools.logs?.instance ?? POOL.instance;
  return withPool({ instance: { ...(instance as NonNullable<typeof instance>), ...more } }, facts);
}

export function withRedis(more: Partial<PoolFacts['redis']>): NodeFacts {
  return withPool({ redis: { ...POOL.redis, ...more } });
}

export function withService(more: Partial<ServiceFacts>): NodeFacts {
  return withPool({ service: { ...SERVICE, ...more } });
}

export function withSysctl(key: string, value: number, facts: NodeFacts = HEALTHY): NodeFacts {
  return { ...facts, sysctls: { ...facts.sysctls, [key]: value } };
}

/** Node b, the BACKUP. */
export const BACKUP: NodeFacts = {
  ...withPool(
    { arpAnswers: ['02:00:00:00:00:0a'], peers: { a: { state: 'MASTER', vip: true, priority: 254 } } },
    withInstance({
      ...{ state: 1, basePriority: 250, effectivePriority: 250, masterPriority: 254 },
      grown: { overMs: 1_000, advertsReceived: 5, refused: { auth_failure: 0 } },
    }),
  ),
  addresses: [
    { interface: 'lo', isAskedFor: false, address: '127.0.0.1', prefix: 8 },
    { interface: 'lo', isAskedFor: false, address: VIP, prefix: 32 },
    { interface: 'eth0', isAskedFor: true, mac: '02:00:00:00:00:0b', address: '192.168.81.234', prefix: 24 },
  ],
  lvs: { kernel: true, ipvsadm: true, daemons: ['backup'] },
  clocks: { a: { aheadMs: -40, uncertainMs: 2 } },
};
