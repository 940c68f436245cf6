import { describe, expect, it } from 'vitest';
import { markOf } from '../../../src/model/configuration/fwmark.ts';
import { CHECKS, examine } from '../../../src/provision/doctor/checks/index.ts';
import type { NodeFacts } from '../../../src/provision/doctor/facts.ts';
import type { Wanted } from '../../../src/provision/doctor/wanted.ts';
import {
  BACKUP,
  HEALTHY,
  poolText,
  SERVICE,
  VIP,
  wanted,
  withInstance,
  withPool,
  withRedis,
  withService,
  withSysctl,
} from './healthy.ts';

const A = wanted();
const B = wanted({ node: 'b' });

function checksOf(facts: NodeFacts, against: Wanted = A): string[] {
  return examine(facts, against).map(({ check, pool }) => (pool === undefined ? check : `${check} ${pool}`));
}

function withoutAddress(interfaceName: string, address: string): NodeFacts {
  const addresses = HEALTHY.addresses?.filter((one) => one.interface !== interfaceName || one.address !== address);
  return { ...HEALTHY, ...(addresses && { addresses }) };
}

function prefixed(interfaceName: string, prefix: number): NodeFacts {
  const addresses = HEALTHY.addresses?.map((one) =>
    one.interface === interfaceName && one.address === VIP ? { ...one, prefix } : one,
  );
  return { ...HEALTHY, ...(addresses && { addresses }) };
}

/** Where use_vmac, or `dev`, puts the VIP; dummy0 is where a real server may have it for good instead of on lo. */
function vipOn(interfaceName: 'vrrp.51' | 'dummy0', facts: NodeFacts, prefix = 32): NodeFacts {
  const others = facts.addresses?.filter((one) => one.interface !== 'eth0' || one.address !== VIP) ?? [];
  const there = { interface: interfaceName, isAskedFor: interfaceName !== 'dummy0', address: VIP, prefix };
  return { ...facts, addresses: [...others, there] };
}

function configured(more: Partial<NodeFacts['configuration']>): NodeFacts {
  return { ...HEALTHY, configuration: { ...HEALTHY.configuration, ...more } };
}

function says(more: Partial<NonNullable<NodeFacts['configuration']['says']>>): NodeFacts {
  return configured({
    says: { scripts: [], scriptSecurity: true, trackFiles: [], ...HEALTHY.configuration.says, ...more },
  });
}

function filed(more: Partial<NodeFacts['files'][number]>): NodeFacts {
  const file = { path: '/run/weir/handover', mode: 0o644, uid: 0, gid: 0, folder: false, ofRoot: true };
  return { ...HEALTHY, files: [{ ...file, ...more }] };
}

const OFF: NodeFacts['keepalived'] = { running: false };
const grown = (more: object) => ({ grown: { overMs: 1_000, advertsReceived: 0, refused: {}, ...more } });

const VERSION_2 = wanted({ pools: poolText({ vrrp: 'version: 2, auth: $PASS' }) });
const IN_VERSION_2 = withInstance({ version: 2, advertSeconds: 1, authenticated: true });
const APART = wanted({
  pools: poolText() + poolText({ name: 'metrics', vip: '192.168.81.230', router: 52 }),
});
const TWO_POOLS: NodeFacts = {
  ...HEALTHY,
  addresses: [
    ...(HEALTHY.addresses ?? []),
    { interface: 'lo', isAskedFor: false, address: '192.168.81.230', prefix: 32 },
    { interface: 'eth0', isAskedFor: true, address: '192.168.81.230', prefix: 32 },
  ],
  pools: {
    ...HEALTHY.pools,
    metrics: withInstance({ routerId: 52 }).pools.logs ?? { redis: {} },
  },
};
const MARKED = wanted({ pools: poolText({ lvs: 'loop_guard: ingress-mark' }) });
const MARK = markOf({ vip: { port: 6379 }, vrrp: { virtualRouterId: 51 } });
const IN_MARKED: NodeFacts = {
  ...withPool({ marked: true }, withService({ mark: MARK })),
  lvs: { kernel: true, ipvsadm: true, daemons: [] },
};
const SWAPPED = wanted({ pools: poolText({ lvs: 'loop_guard: notify-swap' }), node: 'b' });
const IN_SWAPPED: NodeFacts = {
  ...withPool({ service: null }, BACKUP),
  lvs: { kernel: true, ipvsadm: true, daemons: [] },
};
const NAT = wanted({ pools: poolText({ lvs: 'forwarding: nat' }) });
const RR = wanted({ pools: poolText({ lvs: 'scheduler: rr' }) });
const BUDGET = wanted({ pools: poolText({ more: '    memory_budget: 4GiB\n' }) });

/** Not even root's eyes: no permission, no program, no broker. */
const NOTHING: NodeFacts = {
  keepalived: { running: true },
  configuration: { path: '/etc/keepalived/keepalived.conf', stale: [] },
  ...{ sysctls: {}, lvs: {}, pools: { logs: { redis: {} } }, weir: {}, files: [], clocks: {} },
};

describe('nothing is found', () => {
  it.each<[string, NodeFacts, Wanted]>([
    ['on a MASTER', HEALTHY, A],
    ['on a BACKUP', BACKUP, B],
    ['with VRRP version 2 and its password', IN_VERSION_2, VERSION_2],
    ['by mark, where no sync daemon is needed', withSysctl('net.ipv4.vs.backup_only', 0, IN_MARKED), MARKED],
    ['by a mark of somebody else', withPool({ marked: false, service: { ...SERVICE, mark: 7 } }, IN_MARKED), MARKED],
    ['on a BACKUP under notify-swap, which has no table', IN_SWAPPED, SWAPPED],
    [
      'with NAT, which needs neither the VIP on lo nor a loop guard',
      withSysctl(
        'net.ipv4.conf.all.arp_ignore',
        0,
        withSysctl('net.ipv4.vs.backup_only', 0, withoutAddress('lo', VIP)),
      ),
      NAT,
    ],
    ['where the interface alone has the ARP settings', arpOnInterface(), A],
    ['at a weight that a lease wants', { ...withService({ weights: { a: 100, b: 0 } }), weir: leasing(0) }, A],
    ['where maxmemory is 0 and there is a budget', withRedis({ maxmemoryBytes: 0 }), BUDGET],
    ['in counters of long ago', withInstance(grown({ refused: { auth_failure: 0 } })), A],
    ['where keepalived puts the VIP on another interface', vipOn('vrrp.51', HEALTHY), A],
    ['where a BACKUP has the VIP on a dummy interface too', vipOn('dummy0', BACKUP), B],
    ['of a consumer that comes to the member itself', withRedis({ consumersOnVip: [] }), A],
    ['in a clock that the answer was too slow for', clock(1_400, 900), A],
    ['in a dump below /tmp', { ...HEALTHY, keepalived: dumping('/tmp/of-root/keepalived.json') }, A],
    ['in what could not be looked at', NOTHING, A],
  ])('%s', (_, facts, against) => {
    expect(examine(facts, against)).toEqual([]);
  });
});

function arpOnInterface(): NodeFacts {
  const none = withSysctl('net.ipv4.conf.all.arp_ignore', 0, withSysctl('net.ipv4.conf.all.arp_announce', 0));
  return withSysctl('net.ipv4.conf.eth0.arp_ignore', 1, withSysctl('net.ipv4.conf.eth0.arp_announce', 2, none));
}

function dumping(dumpFile: string): NodeFacts['keepalived'] {
  return { running: true, dumpFile };
}

function leasing(weight: number): NodeFacts['weir'] {
  return { ...HEALTHY.weir, leased: { logs: { b: weight } } };
}

function clock(aheadMs: number, uncertainMs = 2): NodeFacts {
  return { ...HEALTHY, clocks: { b: { aheadMs, uncertainMs } } };
}

const FAULTS: readonly [fault: string, found: string, facts: NodeFacts, against?: Wanted][] = [
  ['keepalived dead', 'keepalived-not-running', { ...BACKUP, keepalived: OFF }, B],
  ['keepalived with another pid file', 'keepalived-pid-file', { ...BACKUP, keepalived: { ...OFF, unlistedPid: 7 } }, B],
  ['a dump in /tmp', 'keepalived-dump-open', { ...HEALTHY, keepalived: dumping('/tmp/keepalived.json') }],
  ['keepalived hanging', 'keepalived-silent', { ...HEALTHY, keepalived: { running: true, silent: 'It hangs.' } }],
  ['no configuration', 'configuration-missing', configured({ exists: false })],
  ['a configuration that keepalived refuses', 'configuration-refused', configured({ refusal: '(Line 3) Unknown' })],
  ['a configuration that was not loaded', 'configuration-not-loaded', configured({ loaded: false })],
  ['a file that Weir would make otherwise', 'configuration-stale', configured({ stale: ['/etc/x'] })],
  ['two instances under backup-only', 'configuration-impossible', TWO_POOLS, APART],
  ['scripts without security', 'script-security', says({ scripts: ['/etc/x.sh'], scriptSecurity: false })],
  ['scripts that keepalived does not trust', 'script-security', configured({ insecurity: 'SECURITY VIOLATION.' })],
  ['no instance with the VIP', 'vrrp-instance-missing logs', withPool({ instance: null })],
  ['another virtual_router_id', 'vrrp-terms logs', withInstance({ routerId: 52 })],
  ['another interval', 'vrrp-terms logs', withInstance({ advertSeconds: 1 })],
  ['another version', 'vrrp-terms logs', withInstance({ version: 2 })],
  ['another priority', 'vrrp-terms logs', withInstance({ basePriority: 100 })],
  ['preempt', 'vrrp-terms logs', withInstance({ nopreempt: false })],
  ['no password', 'vrrp-terms logs', withInstance({ authenticated: false }, IN_VERSION_2), VERSION_2],
  ['adverts with another password', 'adverts-refused logs', withInstance(grown({ refused: { auth_failure: 5 } }))],
  ['adverts of another interval', 'adverts-refused logs', withInstance(grown({ refused: { advert_interval_err: 2 } }))],
  [
    'the same priority as a peer',
    'equal-priorities logs',
    withPool({ peers: { b: { state: 'BACKUP', priority: 254 } } }),
  ],
  [
    'the priority of the MASTER that is heard',
    'equal-priorities logs',
    withInstance({ masterPriority: 250 }, alone(BACKUP)),
    B,
  ],
  ['one who does not seal', 'not-sealed logs', withPool({ unsealed: ['b'] })],
  ['the VIP on both', 'dual-master logs', withPool({ peers: { b: { state: 'MASTER', vip: true } } })],
  ['an orphan VIP on the other', 'dual-master logs', withPool({ peers: { b: { state: 'ORPHAN', vip: true } } })],
  [
    'the VIP on the MASTER and, beside its interface, on this BACKUP',
    'dual-master logs',
    withPool({ arpAnswers: [] }, vipOn('vrrp.51', BACKUP)),
    B,
  ],
  ['adverts of another MASTER', 'dual-master logs', withInstance(grown({ advertsReceived: 5 }), alone(HEALTHY))],
  ['an orphan VIP here', 'orphan-vip logs', { ...HEALTHY, keepalived: OFF }],
  ['an orphan VIP on another interface', 'orphan-vip logs', { ...vipOn('vrrp.51', HEALTHY), keepalived: OFF }],
  [
    'keepalived dead, and the VIP on a dummy interface',
    'keepalived-not-running',
    { ...vipOn('dummy0', BACKUP), keepalived: OFF },
    B,
  ],
  ['no such interface', 'interface-missing logs', withoutEth0()],
  ['the VIP not on lo', 'vip-not-on-lo logs', withoutAddress('lo', VIP)],
  ['a wide mask on lo', 'vip-mask logs', prefixed('lo', 24)],
  ['a wide mask on the interface', 'vip-mask logs', prefixed('eth0', 24)],
  ['a wide mask on another interface', 'vip-mask logs', vipOn('vrrp.51', HEALTHY, 24)],
  ['arp_ignore 0', 'arp-settings', withSysctl('net.ipv4.conf.all.arp_ignore', 0)],
  ['arp_ignore 8, which answers nobody', 'arp-settings', withSysctl('net.ipv4.conf.eth0.arp_ignore', 8)],
  ['arp_announce 1', 'arp-settings', withSysctl('net.ipv4.conf.all.arp_announce', 1)],
  [
    'another that answers while this is MASTER',
    'two-arp-answers logs',
    withPool({ arpAnswers: ['02:00:00:00:00:0b'] }),
  ],
  [
    'another that answers while the VIP is on another interface here',
    'two-arp-answers logs',
    withPool({ arpAnswers: ['02:00:00:00:00:0b'] }, vipOn('vrrp.51', HEALTHY)),
  ],
  [
    'two that answer',
    'two-arp-answers logs',
    withPool({ arpAnswers: ['02:00:00:00:00:0a', '02:00:00:00:00:0c'] }, BACKUP),
    B,
  ],
  ['no ip_vs', 'ip-vs-missing', withoutTable({ kernel: false, ipvsadm: true })],
  ['no ipvsadm', 'ipvsadm-missing', { ...HEALTHY, lvs: { kernel: true, ipvsadm: false } }],
  ['no service', 'table-without-service logs', withPool({ service: null })],
  ['another scheduler', 'scheduler-differs logs', withService({ scheduler: 'wlc' })],
  [
    'rr with unequal weights',
    'weights-ignored logs',
    { ...withService({ scheduler: 'rr', weights: { a: 100, b: 30 } }), weir: leasing(30) },
    RR,
  ],
  [
    'persistence with quiescent templates',
    'quiescent-templates logs',
    withSysctl('net.ipv4.vs.expire_quiescent_template', 0, withService({ persistent: true })),
  ],
  ['expire_nodest_conn off', 'expire-nodest-conn', withSysctl('net.ipv4.vs.expire_nodest_conn', 0)],
  ['backup_only off', 'no-loop-guard logs', withSysctl('net.ipv4.vs.backup_only', 0)],
  ['no sync daemon', 'no-loop-guard logs', { ...BACKUP, lvs: { kernel: true, ipvsadm: true, daemons: [] } }, B],
  [
    'a BACKUP with a master daemon',
    'no-loop-guard logs',
    { ...BACKUP, lvs: { kernel: true, ipvsadm: true, daemons: ['master'] } },
    B,
  ],
  [
    'a BACKUP with a table under notify-swap',
    'no-loop-guard logs',
    withPool({ service: SERVICE }, IN_SWAPPED),
    SWAPPED,
  ],
  ['a table by address under ingress-mark', 'no-loop-guard logs', { ...HEALTHY, lvs: IN_MARKED.lvs }, MARKED],
  ['no marks under ingress-mark', 'no-loop-guard logs', withPool({ marked: false }, IN_MARKED), MARKED],
  ['both sync daemons', 'sync-daemon', { ...HEALTHY, lvs: { ...HEALTHY.lvs, daemons: ['master', 'backup'] } }],
  [
    'a BACKUP with the daemon of a MASTER too',
    'sync-daemon',
    { ...BACKUP, lvs: { kernel: true, ipvsadm: true, daemons: ['master', 'backup'] } },
    B,
  ],
  ['a MASTER with a backup daemon', 'sync-daemon', { ...HEALTHY, lvs: { ...HEALTHY.lvs, daemons: ['backup'] } }],
  ['a sync daemon without instance', 'sync-daemon', says({ syncDaemon: {} })],
  ['a weight that nobody owns', 'weight-without-owner logs', withService({ weights: { a: 100, b: 30 } })],
  [
    'a weight other than the lease',
    'weight-without-owner logs',
    { ...withService({ weights: { a: 100, b: 50 } }), weir: leasing(0) },
  ],
  ['Redis not on the VIP', 'redis-not-listening logs', withPool({ redis: { listening: false } })],
  ['protected mode', 'redis-protected logs', withPool({ redis: { listening: true, denied: true } })],
  ['an eviction policy', 'redis-evicts logs', withRedis({ evictionPolicy: 'allkeys-lru' })],
  ['maxmemory 0 without a budget', 'redis-without-limit logs', withRedis({ maxmemoryBytes: 0 })],
  ['tcp-keepalive 0', 'redis-tcp-keepalive logs', withRedis({ tcpKeepaliveSeconds: 0 })],
  ['timeout above 0', 'redis-timeout logs', withRedis({ timeoutSeconds: 300 })],
  ['a replica', 'redis-replica logs', withRedis({ replica: true })],
  [
    'an ACL',
    'redis-acl logs',
    withRedis({ lacking: [{ rule: '+llen', without: 'Nobody knows how many logs wait.', optional: false }] }),
  ],
  ['a consumer on the VIP', 'consumer-on-vip logs', withRedis({ consumersOnVip: ['192.168.81.60:4711'] })],
  ['no weir node', 'node-not-running', { ...HEALTHY, weir: { nodePid: null, leased: {} } }],
  ['weir node without CAP_NET_ADMIN', 'no-cap-net-admin', { ...HEALTHY, weir: { ...HEALTHY.weir, netAdmin: false } }],
  [
    'a broken lease file',
    'lease-file',
    { ...HEALTHY, weir: { nodePid: 8, netAdmin: true, leaseTrouble: 'It is broken.' } },
  ],
  ['a file that all may write', 'writable-by-others', filed({ mode: 0o666 })],
  ['a file that a group may write', 'writable-by-others', filed({ mode: 0o664, gid: 100 })],
  ['a folder that all may write', 'writable-by-others', filed({ mode: 0o777, folder: true, ofRoot: false })],
  ['a file of somebody else', 'writable-by-others', filed({ uid: 1000, gid: 1000 })],
  ['a clock behind', 'clock-skew', clock(-4_000)],
  ['a clock ahead', 'clock-skew', clock(4_000)],
];

function alone(facts: NodeFacts): NodeFacts {
  const { peers: _, ...pool } = facts.pools.logs ?? { redis: {} };
  return { ...facts, pools: { logs: pool } };
}

function withoutTable(lvs: NodeFacts['lvs']): NodeFacts {
  const { service: _, ...pool } = HEALTHY.pools.logs ?? { redis: {} };
  return { ...HEALTHY, lvs, pools: { logs: pool } };
}

function withoutEth0(): NodeFacts {
  const addresses = HEALTHY.addresses?.filter((one) => one.interface !== 'eth0');
  return { ...HEALTHY, ...(addresses && { addresses }) };
}

describe('one fault is one finding and no other', () => {
  it.each(FAULTS)('%s: %s', (_, found, facts, against) => {
    expect(checksOf(facts, against)).toEqual([found]);
  });

  it('pools with MASTERs on different nodes, which cannot be built either', () => {
    const facts: NodeFacts = {
      ...TWO_POOLS,
      pools: { ...TWO_POOLS.pools, metrics: { ...withInstance({ routerId: 52, state: 1 }).pools.logs, redis: {} } },
    };

    expect(checksOf(facts, APART)).toEqual(['configuration-impossible', 'masters-apart metrics']);
  });

  it('planted here for every check', () => {
    const planted = new Set([...FAULTS.map(([, found]) => found.split(' ')[0]), 'masters-apart']);

    expect(CHECKS.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([]);
  });
});

describe('a finding', () => {
  const all = FAULTS.flatMap(([, , facts, against]) => examine(facts, against ?? A));

  it('says in sentences what is, what should be and why, and has a command that mends it', () => {
    for (const { is, should, why, mend } of all) {
      for (const text of [is, should, why]) expect(text).toMatch(/^\S.*[.!?]$/);
      expect(mend.filter((line) => !line.startsWith('#'))).not.toEqual([]);
      expect([is, should, why, ...mend].join('\n')).not.toMatch(/undefined|NaN|\[object|geheim/);
    }
  });

  it('names who else answers to ARP', () => {
    const [found] = examine(withPool({ arpAnswers: ['02:00:00:00:00:0b'] }), A);

    expect(found?.is).toContain('a itself, b (02:00:00:00:00:0b)');
  });

  it('gives a weight back by mark where the service counts marks', () => {
    const [found] = examine(withPool({ service: { ...SERVICE, mark: 7, weights: { b: 30 } } }, IN_MARKED), MARKED);

    expect(found?.mend).toContain('ipvsadm -e -f 7 -r 192.168.81.234:0 -g -w 100');
  });

  it('stops the sync daemon that does not fit the node', () => {
    const both: NodeFacts['lvs'] = { kernel: true, ipvsadm: true, daemons: ['master', 'backup'] };

    expect(examine({ ...HEALTHY, lvs: both }, A)[0]?.mend).toContain('ipvsadm --stop-daemon backup');
    expect(examine({ ...BACKUP, lvs: both }, B)[0]?.mend).toContain('ipvsadm --stop-daemon master');
  });

  it('names the interface that an orphan VIP is on', () => {
    const [found] = examine({ ...vipOn('vrrp.51', HEALTHY), keepalived: OFF }, A);

    expect(found?.is).toContain(`has left the VIP ${VIP} on vrrp.51`);
  });

  it('on an orphan VIP of the other node sends there', () => {
    const [found] = examine(withPool({ peers: { b: { state: 'ORPHAN', vip: true } } }), A);

    expect(found?.is).toContain('keepalived on b is dead');
    expect(found?.mend[0]).toContain('# on b');
  });
});
