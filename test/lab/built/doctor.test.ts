/** `weir doctor` on the nodes of a real pool: nothing on a healthy one, and each fault that is really planted. */

import { beforeAll, expect, it } from 'vitest';
import { Lab } from '../../../lab/lab.ts';
import { NODE_ROOT } from '../../../lab/pool/nodes.ts';
import { untilCalm } from '../../../lab/pool/steady-state.ts';
import { ADDRESS, type HostName, type Member, REDIS_PORT, VIP } from '../../../lab/pool/topology.ts';
import { untilValue } from '../../../lab/until.ts';
import type { DoctorReport } from '../../../src/model/people/doctor.ts';
import { atEnd, stop } from '../support/shared.ts';
import { storyteller } from '../support/watch.ts';

const CONF = `${NODE_ROOT}/etc/keepalived/keepalived.conf`;
const HANDOVER = '/run/weir/handover';

let lab: Lab;

beforeAll(async () => {
  // In shadow Weir itself answers to none of the faults.
  lab = await Lab.start({ producers: 2, config: { policy: { mode: 'shadow' } } });
  await untilCalm(lab);
});
atEnd((ended) => stop(lab, ended));

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

/**
 * The report that has these findings and no other. Asked again until then: on a busy machine keepalived may be late with
 * its dump, and the doctor says so and nothing of what stands in it.
 */
async function untilFinds(node: Member, checks: readonly string[]): Promise<DoctorReport> {
  const sorted = (found: DoctorReport) => found.findings.map(({ check }) => check).sort();
  const seen = await untilValue(
    async () => {
      const report = await doctor(node);
      return { checks: sorted(report).join(' '), report };
    },
    (one) => one.checks === [...checks].sort().join(' '),
    90_000,
    `the doctor to find on ${node}: ${checks.join(' ')}`,
  );
  return seen.report;
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

async function untilHealthy(): Promise<void> {
  for (const node of ['a', 'b'] as const) {
    await untilValue(
      () => checksOn(node),
      (found) => found.length === 0,
      60_000,
      `the doctor to find nothing on ${node}`,
    );
  }
}

it('finds nothing on a healthy pool, and looks at everything', async () => {
  const tell = storyteller('healthy');
  for (const node of ['a', 'b'] as const) {
    const startedAt = performance.now();
    const remarks = [expect.stringContaining("comes back at Weir's weight at once")];
    expect(await doctor(node)).toMatchObject({ node, findings: [], remarks, notLookedAt: [] });
    tell(`${node}: ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
  }
});

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
    const consumer = lab
      .host('l')
      .exec(['redis-cli', '-h', VIP, 'BLPOP', 'lab:nothing', '120'], { timeoutMs: 150_000 });
    await untilValue(
      () => lab.redis('a').cli(['CLIENT', 'LIST']),
      ({ stdout }) => /cmd=blpop/.test(stdout),
      30_000,
      'the consumer to wait at a',
    );
    await untilFinds('a', [
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
    await untilFinds('b', [
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
    const { findings } = await untilFinds('a', ['two-arp-answers']);
    expect(findings[0]?.is).toMatch(/^2 hosts answer .* a itself, /);
  });
});

it('finds a Redis that producers cannot reach, equal priorities, and a node where Weir does not run', async () => {
  const redis = (...words: readonly string[]) => ['redis-cli', '-h', '127.0.0.1', 'CONFIG', 'SET', ...words];
  const faults: readonly Fault[] = [
    [redis('protected-mode', 'yes'), redis('protected-mode', 'no')],
    [redis('bind', `${ADDRESS.b} 127.0.0.1`), redis('bind', '0.0.0.0')],
  ];
  await lab.killNode('b');
  await lab.host('a').write(HANDOVER, '-4\n');
  await withFaults('b', faults, async () => {
    await untilFinds('b', ['equal-priorities', 'node-not-running', 'redis-not-listening', 'redis-protected']);
  }).finally(async () => {
    await lab.host('a').write(HANDOVER, '0\n');
    await lab.startNode('b');
  });
  await untilHealthy();
});

it('finds a dead keepalived, its configuration gone', async () => {
  await lab.killKeepalived('b');
  await withFaults(
    'b',
    [
      [
        ['mv', CONF, `${CONF}.away`],
        ['mv', `${CONF}.away`, CONF],
      ],
    ],
    async () => {
      await untilFinds('b', ['configuration-missing', 'keepalived-not-running']);
    },
  );
  await lab.startKeepalived('b');
  await untilHealthy();
});

it('finds nodes that do not understand each other, on both', async () => {
  await lab.stopKeepalived('b');
  const password = 'authentication {\\n auth_type PASS\\n auth_pass 1111\\n }';
  const edits = [
    's/virtual_router_id 51/virtual_router_id 52/',
    's/version 3/version 2/',
    `s/advert_int 0.2/advert_int 1\\n ${password}/`,
    's/enable_script_security/# &/',
    's/nopreempt/&\\n notify_fault \\/bin\\/true/',
    's/lvs_sync_daemon eth0 VI_51/lvs_sync_daemon eth0/',
  ];
  await withFaults('b', [ofFile(CONF, edits.join('; '))], async () => {
    await lab.startKeepalived('b');
    await untilValue(
      () => lab.masters(),
      (nodes) => nodes.join() === 'a,b',
      30_000,
      'both to have the VIP',
    );
    const both = ['dual-master', 'two-arp-answers'];
    const onB = await untilFinds('b', [...both, 'configuration-stale', 'script-security', 'sync-daemon', 'vrrp-terms']);
    expect(onB.findings.find(({ check }) => check === 'vrrp-terms')?.is).toMatch(
      /virtual_router_id 52, version 2, advert_int 1, authentication yes/,
    );
    await untilFinds('a', both);
    await lab.stopKeepalived('b');
  });
  await lab.startKeepalived('b');
  await untilHealthy();
});

it('finds the VIP that a killed keepalived left on the MASTER, from both sides; a start of keepalived mends it', async () => {
  await lab.killKeepalived('a');
  await untilValue(
    () => lab.masters(),
    (nodes) => nodes.join() === 'a,b',
    30_000,
    'both to have the VIP',
  );
  const onA = await untilFinds('a', ['orphan-vip', 'two-arp-answers']);
  const onB = await untilFinds('b', ['dual-master', 'two-arp-answers']);
  expect(onB.findings[0]?.is).toMatch(/keepalived on a is dead/);
  // Started without the other half of what mends it, keepalived leaves the sync daemon of the dead one.
  await lab.startKeepalived('a');
  await untilValue(
    () => checksOn('a'),
    (found) => found.join() === 'sync-daemon',
    60_000,
    'the doctor of a to find the second sync daemon only',
  );
  const stop = onA.findings[0]?.mend.find((line) => line.startsWith('ipvsadm'))?.split(' ') ?? [];
  await run('a', ...stop);
  await untilHealthy();
});
