/** `weir doctor` on the nodes of a real pool: each fault that is really planted is found, and no other. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { untilCalm } from '../../lab/calm.ts';
import { Lab } from '../../lab/lab.ts';
import { NODE_ROOT } from '../../lab/nodes.ts';
import { ADDRESS, type HostName, type Member, REDIS_PORT, VIP } from '../../lab/topology.ts';
import { untilValue } from '../../lab/until.ts';
import type { DoctorReport } from '../../src/model/doctor.ts';

const CONF = `${NODE_ROOT}/etc/keepalived/keepalived.conf`;
const HANDOVER = '/run/weir/handover';

let lab: Lab;

beforeAll(async () => {
  // In shadow Weir itself answers to none of the faults.
  lab = await Lab.start({ producers: 2, config: { policy: { mode: 'shadow' } } });
  await untilCalm(lab);
});
afterAll(async () => {
  await lab?.stop();
});

async function doctor(node: Member): Promise<DoctorReport> {
  const { code, stdout, stderr } = await lab.node(node).weir(['doctor', '--json', '--root', NODE_ROOT]);
  expect(stderr).toBe('');
  const report = JSON.parse(stdout) as DoctorReport;
  expect(code).toBe(report.findings.length === 0 ? 0 : 1);
  return report;
}

async function checksOn(node: Member): Promise<string[]> {
  return (await doctor(node)).findings.map(({ check }) => check).sort();
}

async function run(host: HostName, ...argv: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await lab.host(host).exec(argv);
  expect(code, `${host}: ${argv.join(' ')}: ${stderr}${stdout}`).toBe(0);
}

/** A fault and what takes it back, as arguments of programs on a node. */
type Fault = readonly [plant: readonly string[], undo: readonly string[]];

const ofRedis = (node: Member, name: string, fault: string, healthy: string): Fault => {
  const set = (value: string) => ['redis-cli', '-h', ADDRESS[node], 'CONFIG', 'SET', name, value];
  return [set(fault), set(healthy)];
};
const ofSysctl = (key: string, fault: number, healthy: number): Fault => [
  ['sysctl', '-qw', `${key}=${fault}`],
  ['sysctl', '-qw', `${key}=${healthy}`],
];
const ofFile = (path: string, edit: string): Fault => [
  ['sed', '-i.healthy', '-e', edit, path],
  ['mv', `${path}.healthy`, path],
];

/** Plants them all, does `look`, and takes them back, the last one first. */
async function withFaults(node: Member, faults: readonly Fault[], look: () => Promise<void>): Promise<void> {
  const planted: Fault[] = [];
  try {
    for (const fault of faults) {
      await run(node, ...fault[0]);
      planted.unshift(fault);
    }
    await look();
  } finally {
    for (const [, undo] of planted) await run(node, ...undo);
  }
}

it('finds what is wrong with the MASTER: addresses, sysctls, weights, Redis, files', async () => {
  const vip = `${VIP}:${REDIS_PORT}`;
  const weight = (value: number) => [
    ...['ipvsadm', '-e', '-t', vip, '-r', `${ADDRESS.b}:${REDIS_PORT}`],
    ...['-g', '-w', String(value)],
  ];
  const faults: readonly Fault[] = [
    [
      ['ip', 'address', 'delete', `${VIP}/32`, 'dev', 'lo'],
      ['ip', 'address', 'replace', `${VIP}/32`, 'dev', 'lo'],
    ],
    ofSysctl('net.ipv4.conf.all.arp_announce', 0, 2),
    ofSysctl('net.ipv4.conf.eth0.arp_announce', 1, 2),
    ofSysctl('net.ipv4.vs.expire_nodest_conn', 0, 1),
    [weight(30), weight(100)],
    ofRedis('a', 'maxmemory-policy', 'allkeys-lru', 'noeviction'),
    ofRedis('a', 'maxmemory', '0', '64mb'),
    ofRedis('a', 'tcp-keepalive', '0', '3'),
    ofRedis('a', 'timeout', '600', '0'),
    [
      ['chmod', '666', HANDOVER],
      ['chmod', '644', HANDOVER],
    ],
    ofFile(CONF, 's/^ *priority .*/  nonsense yes/'),
    [
      ['ipvsadm', '--start-daemon', 'backup', '--mcast-interface', 'eth0', '--syncid', '51'],
      ['ipvsadm', '--stop-daemon', 'backup'],
    ],
  ];
  await withFaults('a', faults, async () => {
    // Whichever it lands on, the MASTER as long as both daemons run: it balances nothing then.
    const consumer = lab.host('l').exec(['redis-cli', '-h', VIP, 'BLPOP', 'lab:nothing', '45'], { timeoutMs: 60_000 });
    await untilValue(
      () => lab.redis('a').cli(['CLIENT', 'LIST']),
      ({ stdout }) => /cmd=blpop/.test(stdout),
      30_000,
      'the consumer to wait at a',
    );
    expect(await checksOn('a')).toEqual([
      'arp-settings',
      'configuration-not-loaded',
      'configuration-refused',
      'configuration-stale',
      'consumer-on-vip',
      'expire-nodest-conn',
      'redis-evicts',
      'redis-tcp-keepalive',
      'redis-timeout',
      'redis-without-limit',
      'sync-daemon',
      'vip-not-on-lo',
      'weight-without-owner',
      'writable-by-others',
    ]);
    await lab.redis('a').cli(['RPUSH', 'lab:nothing', 'go']);
    await consumer;
  });
});

it('finds what is wrong with the BACKUP: the loop guard, ARP, a mask, the scheduler, Redis', async () => {
  const redis = ['redis-cli', '-h', '127.0.0.1'];
  const service = (...more: readonly string[]) => ['ipvsadm', '-E', '-t', `${VIP}:${REDIS_PORT}`, ...more];
  const faults: readonly Fault[] = [
    ofSysctl('net.ipv4.vs.backup_only', 0, 1),
    ofSysctl('net.ipv4.vs.expire_quiescent_template', 0, 1),
    ofSysctl('net.ipv4.conf.all.arp_ignore', 0, 1),
    ofSysctl('net.ipv4.conf.eth0.arp_ignore', 0, 1),
    [
      ['ip', 'address', 'add', `${VIP}/31`, 'dev', 'lo'],
      ['ip', 'address', 'add', `${VIP}/32`, 'dev', 'lo'],
    ],
    [
      ['ip', 'address', 'delete', `${VIP}/32`, 'dev', 'lo'],
      ['ip', 'address', 'delete', `${VIP}/31`, 'dev', 'lo'],
    ],
    [service('-s', 'rr', '-p', '300'), service('-s', 'wrr')],
    [
      ['ipvsadm', '-e', '-t', `${VIP}:${REDIS_PORT}`, '-r', `${ADDRESS.a}:${REDIS_PORT}`, '-g', '-w', '30'],
      ['ipvsadm', '-e', '-t', `${VIP}:${REDIS_PORT}`, '-r', `${ADDRESS.a}:${REDIS_PORT}`, '-g', '-w', '100'],
    ],
    [
      [...redis, 'REPLICAOF', ADDRESS.a, String(REDIS_PORT)],
      [...redis, 'REPLICAOF', 'NO', 'ONE'],
    ],
  ];
  await withFaults('b', faults, async () => {
    expect(await checksOn('b')).toEqual([
      'arp-settings',
      'no-loop-guard',
      'quiescent-templates',
      'redis-replica',
      'scheduler-differs',
      'vip-mask',
      'weight-without-owner',
      'weights-ignored',
    ]);
    // It answers to ARP although it is BACKUP, and only others hear that.
    const { findings } = await doctor('a');
    expect(findings.map(({ check }) => check)).toEqual(['two-arp-answers']);
    expect(findings[0]?.is).toMatch(/^2 hosts answer .* a itself, /);
  });
});
