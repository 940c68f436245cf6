import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import { build } from '../../src/provision/render/files.ts';
import { layoutUnder } from '../../src/provision/render/layout.ts';
import { tempDir } from '../support/temp-dir.ts';

const KEEPALIVED = '/usr/sbin/keepalived';
/** keepalived refuses interfaces that are not there, and the loopback. */
const INTERFACE = Object.entries(networkInterfaces()).find(([, all]) => all?.some((one) => !one.internal))?.[0];

interface Written {
  readonly lvs?: string;
  readonly vrrp?: string;
  readonly more?: string;
  readonly six?: boolean;
}

function configOf({ lvs = '', vrrp = '', more = '', six = false }: Written = {}): WeirConfig {
  const net = six ? 'fd00:81::' : '192.168.81.';
  const text = `pools:
  logs:
    vip: {address: "${net}229", port: 6379}
    lvs: {${lvs}}
    vrrp: {interface: ${INTERFACE ?? 'eth0'}, virtual_router_id: 51${vrrp === '' ? '' : `, ${vrrp}`}}
    members:
      a: {address: "${net}51", priority: 254, mac: "02:00:00:00:00:0A"}
      b: {address: "${net}234", priority: 250, weight: 100, mac: "02:00:00:00:00:0b"}
${more}`;
  return parseConfig({ file: 'weir.yaml', text, env: { PASS: 'geheim' }, cwd: '/', root: true });
}

/** A second pool on the same servers. */
const METRICS = (router: number) => `  metrics:
    vip: {address: 192.168.81.230, port: 6380}
    vrrp: {interface: ${INTERFACE ?? 'eth0'}, virtual_router_id: ${router}}
    members:
      a: {address: 192.168.81.51, priority: 254}
      b: {address: 192.168.81.234, priority: 250}
`;

/** Each with its own VRRP instance, and so with its own handover file. */
const TWO_INSTANCES: Written = {
  lvs: 'forwarding: nat',
  more: METRICS(52).replace('6380}', '6380}\n    lvs: {forwarding: nat}'),
};

function files(config: WeirConfig, node = 'a', root = '/'): Record<string, string> {
  const { files: made } = build(config, node, layoutUnder(root));
  return Object.fromEntries(made.map(({ path, text }) => [path, text]));
}

const conf = (config: WeirConfig, node = 'a') => files(config, node)['/etc/keepalived/keepalived.conf'] ?? '';

/** What keepalived itself says of it; '' when it takes it. The files that it includes stand beside it. */
async function refusal(config: WeirConfig): Promise<string> {
  const folder = await tempDir();
  const layout = layoutUnder(folder);
  const { files: made } = build(config, 'a', layout);
  for (const { path, text, mode } of made) {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, text, { mode });
  }
  // As on the MASTER, where there is a table to look at.
  const table = made.find(({ path }) => path === layout.tableOnMaster);
  if (table !== undefined) await writeFile(layout.table, table.text);
  try {
    await promisify(execFile)(KEEPALIVED, ['--config-test', '--log-console', '--use-file', layout.keepalivedConf]);
    return '';
  } catch (error) {
    return String((error as { stderr?: string }).stderr ?? error);
  }
}

it('each VRRP instance follows a handover file of its own, and one alone the one that it always had', () => {
  const follows = (text: string) =>
    [...text.matchAll(/vrrp_instance (\S+) \{[^}]*?virtual_ipaddress \{[^}]*\}\s*track_file \{\s*(\S+)/g)].map(
      ([, instance, name]) => [instance, new RegExp(`track_file ${name} \\{\\s*file (\\S+)`).exec(text)?.[1]],
    );
  const device = INTERFACE ?? 'eth0';
  const [own, other] = [`/run/weir/handover-${device}-51`, `/run/weir/handover-${device}-52`];
  expect(follows(conf(configOf(TWO_INSTANCES)))).toEqual([
    ['VI_51', own],
    ['VI_52', other],
  ]);
  expect(follows(conf(configOf({ more: METRICS(51) })))).toEqual([['VI_51', '/run/weir/handover']]);
  for (const file of [own, other]) {
    expect(files(configOf(TWO_INSTANCES))['/etc/tmpfiles.d/weir.conf']).toContain(`\nf ${file} 0644 root root - 0\n`);
  }
  expect(files(configOf(TWO_INSTANCES))['/etc/tmpfiles.d/weir.conf']).not.toContain('/handover ');
});

describe.runIf(existsSync(KEEPALIVED) && INTERFACE !== undefined)('keepalived takes', () => {
  it.each<[string, Written]>([
    ['the default: backup-only, wrr, version 3', {}],
    ['version 2 with a password and whole seconds', { vrrp: 'version: 2, auth: $PASS, advert_interval: 1s' }],
    ['preempt', { vrrp: 'preempt: true' }],
    ['NAT', { lvs: 'forwarding: nat' }],
    ['tunnels', { lvs: 'forwarding: tunnel' }],
    ['sh, with its fallback', { lvs: 'scheduler: sh' }],
    ['mh, with its fallback', { lvs: 'scheduler: mh' }],
    ['wlc', { lvs: 'scheduler: wlc' }],
    ['ingress-mark', { lvs: 'loop_guard: ingress-mark' }],
    ['notify-swap', { lvs: 'loop_guard: notify-swap' }],
    ['IPv6', { six: true }],
    ['IPv6 by its mark', { six: true, lvs: 'loop_guard: ingress-mark' }],
    ['two pools that share one instance', { more: METRICS(51) }],
    ['two pools with an instance each', TWO_INSTANCES],
  ])('%s', async (_, written) => {
    expect(await refusal(configOf(written))).toBe('');
  });

  it('not everything', async () => {
    expect(await refusal(broken())).toMatch(/nonsense/i);
  });
});

/** A scheduler that no schema would let through: keepalived must be able to refuse. */
function broken(): WeirConfig {
  const config = configOf();
  const logs = config.pools.logs as NonNullable<typeof config.pools.logs>;
  return { ...config, pools: { logs: { ...logs, lvs: { ...logs.lvs, scheduler: 'wrr\n  nonsense yes' } } } };
}

describe('what is built for a node', () => {
  it('differs between nodes in name and priority, and is the same twice', () => {
    const [a, b] = ['a', 'b'].map((node) => conf(configOf(), node).split('\n'));
    const different = (a ?? []).flatMap((line, index) => (line === b?.[index] ? [] : [line.trim()]));

    expect(different).toEqual([expect.stringContaining('--node a'), 'router_id a', 'priority 254']);
    expect(files(configOf())).toEqual(files(configOf()));
  });

  it('has every path below the root that is asked for, also inside the files', () => {
    const made = files(configOf({ lvs: 'loop_guard: notify-swap' }), 'a', '/srv/try');

    expect(Object.keys(made).every((path) => path.startsWith('/srv/try/etc/'))).toBe(true);
    expect(made['/srv/try/etc/keepalived/keepalived.conf']).toContain(
      'notify_master "/srv/try/etc/weir/notify-swap.sh"',
    );
  });

  it('shows the VRRP password in one file, which only root reads', () => {
    const { files: made } = build(configOf({ vrrp: 'version: 2, auth: $PASS' }), 'a', layoutUnder('/'));

    const showing = made.filter(({ text }) => text.includes('geheim'));

    expect(showing.map(({ path, mode }) => [path, mode])).toEqual([['/etc/keepalived/keepalived.conf', 0o600]]);
    expect(made.filter(({ mode }) => (mode & 0o022) !== 0)).toEqual([]);
  });

  it('has its loop guard and no other', () => {
    const sysctl = (config: WeirConfig) => files(config)['/etc/sysctl.d/60-weir.conf'];
    const marked = configOf({ lvs: 'loop_guard: ingress-mark' });

    expect(conf(configOf())).toContain(`lvs_sync_daemon ${INTERFACE ?? 'eth0'} VI_51 id 51`);
    expect(sysctl(configOf())).toContain('net.ipv4.vs.backup_only = 1');
    for (const device of ['all', INTERFACE ?? 'eth0']) {
      expect(sysctl(configOf())).toContain(`net.ipv4.conf.${device}.arp_ignore = 1\n`);
      expect(sysctl(configOf())).toContain(`net.ipv4.conf.${device}.arp_announce = 2\n`);
    }
    expect(conf(marked)).not.toContain('lvs_sync_daemon');
    expect(sysctl(marked)).toContain('net.ipv4.vs.backup_only = 0');
    expect(conf(marked)).toContain('virtual_server fwmark ');
    expect(files(marked)['/etc/weir/ingress-mark.tc']).toMatch(
      /pref 30565 .*src_mac 02:00:00:00:00:0b .*action pass\n.*pref 30566 .*action skbedit mark 0x776533eb\n/,
    );
    expect(conf(configOf({ lvs: 'loop_guard: notify-swap' }))).not.toContain('virtual_server');
  });

  it('under notify-swap includes a table that is empty after a boot, and reloads the keepalived of weir.yaml', () => {
    const config = configOf({ lvs: 'loop_guard: notify-swap' });
    const made = files({ ...config, keepalived: { ...config.keepalived, pidFile: '/run/else.pid' } });

    expect(made['/etc/keepalived/keepalived.conf']).toContain('include /etc/weir/table.conf');
    expect(made['/etc/tmpfiles.d/weir.conf']).toContain('f+! /etc/weir/table.conf 0644 root root');
    expect(made['/etc/weir/notify-swap.sh']).toContain('pid=$(cat "/run/else.pid"');
    expect(files(configOf())['/etc/tmpfiles.d/weir.conf']).not.toContain('table.conf');
  });

  it('marks what comes from clients while the VIP is on lo, and no longer', () => {
    const unit = files(configOf({ lvs: 'loop_guard: ingress-mark' }))['/etc/systemd/system/weir-address.service'];

    expect(unit).toMatch(/^ExecStart=.*tc -batch \/etc\/weir\/ingress-mark\.tc$/m);
    expect(unit?.match(/^ExecStop=-.*tc filter delete dev \S+ ingress pref \d+$/gm)).toHaveLength(2);
    expect(files(configOf())['/etc/systemd/system/weir-address.service']).not.toContain('/tc ');
  });

  it('puts both VIPs of pools that share an instance into it, and on lo with a host mask', () => {
    const made = files(configOf({ more: METRICS(51) }));

    expect(made['/etc/keepalived/keepalived.conf']?.match(/^vrrp_instance/gm)).toHaveLength(1);
    expect(made['/etc/keepalived/keepalived.conf']).toMatch(/192\.168\.81\.229\/32\n {4}192\.168\.81\.230\/32/);
    expect(made['/etc/systemd/system/weir-address.service']).toContain('address replace 192.168.81.230/32 dev lo');
  });
});

describe('what is refused, with what to change', () => {
  it.each<[string, Written, RegExp]>([
    [
      'two instances under a guard that is one per kernel',
      { more: METRICS(52) },
      /same vrrp\.virtual_router_id, or use lvs\.loop_guard: ingress-mark/,
    ],
    [
      'dh, which refuses the clients of a drained member',
      { lvs: 'scheduler: dh' },
      /a drain would lose logs: use wrr, or sh/,
    ],
  ])('%s', (_, written, sentence) => {
    expect(() => build(configOf(written), 'a', layoutUnder('/'))).toThrow(sentence);
  });

  it('two pools whose ports make the same mark', () => {
    const more = METRICS(51).replace('6380}', `${6379 + 256}}\n    lvs: {loop_guard: ingress-mark}`);

    expect(() => build(configOf({ lvs: 'loop_guard: ingress-mark', more }), 'a', layoutUnder('/'))).toThrow(
      /logs, metrics: their ports 6379 and 6635 make the same mark .*: change vip\.port or vrrp\.virtual_router_id/,
    );
  });

  it('a mark by MAC without the MACs', () => {
    const config = configOf({ lvs: 'loop_guard: ingress-mark' });
    const logs = config.pools.logs as NonNullable<typeof config.pools.logs>;
    const { mac: _, ...b } = logs.members.b as NonNullable<typeof logs.members.b>;
    const without = { ...config, pools: { logs: { ...logs, members: { ...logs.members, b } } } };

    expect(() => build(without, 'a', layoutUnder('/'))).toThrow(/give members\.b a mac/);
  });

  it('a node that no pool has', () => {
    expect(() => build(configOf(), 'z', layoutUnder('/'))).toThrow('No pool has a member z; there are a, b.');
  });
});
