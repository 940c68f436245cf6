import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import type { PoolConfig, WeirConfig } from '../../../src/model/configuration/config.ts';
import { parseIpVs } from '../../../src/observe/director/parse-ip-vs.ts';
import { type ExistingPool, type FromKeepalived, fromKeepalived } from '../../../src/provision/init/from-keepalived.ts';
import { includedFiles, readKeepalivedConf } from '../../../src/provision/init/keepalived/files.ts';
import { build } from '../../../src/provision/render/files.ts';
import { layoutUnder } from '../../../src/provision/render/layout.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { article, NOTIFY_MASTER, pool, server } from '../existing-confs.ts';

const KEEPALIVED = '/usr/sbin/keepalived';
/** keepalived refuses interfaces that are not there. */
const DEVICE = Object.entries(networkInterfaces()).find(([, all]) => all?.some((one) => !one.internal))?.[0] ?? 'eth0';

interface Around {
  readonly own?: string;
  readonly hosts?: string;
  readonly table?: string;
  readonly backupOnly?: boolean;
  readonly programs?: Readonly<Record<string, string>>;
}

function init(
  text: string,
  { own = '192.168.81.51', hosts = '', table, backupOnly, programs = {} }: Around = {},
): FromKeepalived {
  const pool: ExistingPool = {
    source: { file: 'keepalived.conf', text },
    surroundings: { include: () => [], configId: 'one' },
    server: {
      hostName: 'One.example.com',
      addresses: ['127.0.0.1', own],
      hosts,
      ...(table !== undefined && { services: parseIpVs(table) }),
      ...(backupOnly !== undefined && { backupOnly }),
    },
    readProgram: (path) => programs[path],
    configTest: { lines: [], exitCode: 0 },
  };
  return fromKeepalived(pool);
}

/** By the real loader; the environment has what the file asks for. */
function load({ yaml, variables }: FromKeepalived): WeirConfig {
  const env = Object.fromEntries(variables.map((name) => [name, 'x']));
  return parseConfig({ file: 'weir.yaml', text: yaml, env, cwd: '/', root: true });
}

function logs(made: FromKeepalived): PoolConfig {
  return Object.values(load(made).pools)[0] as PoolConfig;
}

/** What keepalived itself says of it; '' when it takes it. */
async function refusal(text: string): Promise<string> {
  const folder = await tempDir();
  const file = join(folder, 'keepalived.conf');
  await writeFile(file, text);
  try {
    await promisify(execFile)(KEEPALIVED, ['--config-test', '--log-console', '--use-file', file]);
    return '';
  } catch (error) {
    // Programs that are not on this machine are no fault of the configuration's form.
    const lines = String((error as { stderr?: string }).stderr ?? error).split('\n');
    return lines.filter((line) => line !== '' && !/notify_(master|backup)|script|SECURITY/i.test(line)).join('\n');
  }
}

const TWO = pool({
  interface: DEVICE,
  globals: `  lvs_sync_daemon ${DEVICE} VI_1`,
  more: `vrrp_instance VI_2 {
  interface ${DEVICE}
  virtual_router_id 52
  priority 100
  nopreempt
  virtual_ipaddress {
    192.168.81.230 dev ${DEVICE} label ${DEVICE}:1
  }
}
${server('192.168.81.230 6379', 'lb_algo wrr\nlb_kind DR', ['192.168.81.51 6379', '192.168.81.234 6379'])}`,
});

const A = '192.168.81.51 6379';
const B = '192.168.81.234 6379';
const SYNC = `  lvs_sync_daemon ${DEVICE} VI_1`;
const GUARDED: Around = { backupOnly: true };

/** What the tests below read. */
const CONFS: Readonly<Record<string, string>> = {
  article: article(DEVICE),
  plain: pool({ interface: DEVICE }),
  guarded: pool({ interface: DEVICE, globals: SYNC }),
  'two pools on one VIP': pool({
    interface: DEVICE,
    globals: SYNC,
    more: server('192.168.81.229 6380', 'lb_algo wrr\nlb_kind DR', ['192.168.81.234 6380', '192.168.81.51 6380']),
  }),
  'a group': pool({
    interface: DEVICE,
    vips: '192.168.81.229/32\n192.168.81.230/32',
    more: `virtual_server_group G {\n  192.168.81.230 6379\n  192.168.81.240-250 6379\n}\n${server('group G', 'lb_algo wlc\nlb_kind DR', [A, B])}`,
  }),
  'two instances': TWO,
  'two instances in a group': `vrrp_sync_group G {\n  group {\n    VI_1\n    VI_2\n  }\n}\n${TWO}`,
  mark: pool({
    interface: DEVICE,
    vips: '192.168.81.229/32\n192.168.81.230/32',
    more: 'virtual_server fwmark 7 {\n lb_algo wrr\n lb_kind DR\n real_server 192.168.81.51 {\n TCP_CHECK {\n connect_port 6390\n }\n }\n real_server 192.168.81.234 {\n TCP_CHECK {\n connect_port 6390\n }\n }\n}\n',
  }),
  'what is no pool': pool({
    interface: DEVICE,
    more: [
      server('192.168.81.229 53', 'lb_algo wrr\nlb_kind DR\nprotocol UDP', [
        '192.168.81.51 53',
        '192.168.81.234 53',
      ]).replaceAll(/TCP_CHECK \{\n {4}\}/g, 'PING_CHECK {\n    }'),
      server('192.168.81.229 6381', 'lb_algo wrr\nlb_kind NAT', ['192.168.81.51 6391', '192.168.81.234 6391']),
      server('192.168.81.229 6382', 'lb_algo wrr\nlb_kind DR', ['192.168.81.51 6382']),
      server('192.168.81.229 6385', 'lb_algo wrr\nlb_kind DR', ['192.168.81.51 6385', '192.168.81.234 6385']).replace(
        'protocol TCP\n',
        '',
      ),
      server('192.168.81.231 6379', 'lb_algo wrr\nlb_kind DR', [A, B]),
      server('192.168.81.229 6383', 'lb_algo wrr\nlb_kind NAT', ['192.168.81.51 1', '192.168.81.51 2']),
      server('192.168.81.229 6384', 'lb_algo wrr\nlb_kind DR', ['192.168.81.51 6384', '192.168.81.235 6384']),
      server('192.168.81.229 80', 'lb_algo wrr\nlb_kind DR', ['192.168.81.51 80', '192.168.81.234 80']).replaceAll(
        'TCP_CHECK {',
        'HTTP_GET {\n url {\n path /\n status_code 200\n }',
      ),
    ].join(''),
  }),
  'what weir.yaml has no word for': pool({
    interface: DEVICE,
    instance: '  unicast_peer {\n    192.168.81.234\n  }\n  unicast_src_ip 192.168.81.51',
    server: '  persistence_timeout 60\n  sorry_server 192.168.81.9 6379',
  }),
  IPv6: pool({ interface: DEVICE, vips: 'fd00:81:0:0::229/128' })
    .replaceAll('192.168.81.', 'fd00:81::')
    .replace('vrrp_version 3', 'router_id x')
    .replace('advert_int 0.2', 'advert_int 1'),
  NAT: pool({ interface: DEVICE }).replace('lvs_method DR', 'lvs_method NAT'),
  sh: pool({ interface: DEVICE }).replace('lvs_sched wrr', 'lvs_sched sh'),
  'unequal weights under rr': pool({ interface: DEVICE })
    .replace('lvs_sched wrr', 'lvs_sched rr')
    .replace('weight 100', 'weight 50'),
  'no schedulers, kinds or intervals': pool({ interface: DEVICE })
    .replace(/ {2}lvs_sched wrr\n {2}lvs_method DR\n/, '')
    .replace('  advert_int 0.2\n', '')
    .replaceAll('    weight 100\n', ''),
};

describe.runIf(existsSync(KEEPALIVED))('keepalived takes what is read here', () => {
  it.each(Object.entries(CONFS))('%s', async (_, text) => {
    expect(
      (await refusal(text)).replaceAll(
        /.*(no scheduler set|no forwarding method set|6385: no protocol set|Setting VRRP script|unicast).*\n?/gi,
        '',
      ),
    ).toBe('');
  });

  it('and the lines that it is told to add', async () => {
    const lines = init(CONFS.plain ?? '')
      .additions.filter((line) => line.startsWith('    '))
      .slice(4);
    const at = lines.findIndex((line) => line.includes('inside vrrp_instance'));
    const more = lines.slice(0, at).join('\n');
    const inside = lines.slice(at + 1).join('\n');
    const text = `${more}\n${pool({ interface: DEVICE, instance: inside })}`;

    expect(await refusal(text)).toBe('');
    expect(init(text, GUARDED).additions).toEqual([]);
    expect(init(text, GUARDED).remarks.join()).not.toMatch(/cannot move the VIP|next poll/);
  });
});

describe("the seed article's configuration", () => {
  const programs = { '/etc/keepalived/notify_master.sh': NOTIFY_MASTER };
  const made = () => init(CONFS.article ?? '', { programs });

  it('becomes a weir.yaml that loads, in shadow mode', () => {
    expect(load(made()).policy.mode).toBe('shadow');
    expect(logs(made())).toMatchObject({
      name: 'logs',
      vip: { address: '192.168.81.229', port: 6379 },
      lvs: { scheduler: 'rr', forwarding: 'direct-routing', loopGuard: 'notify-swap' },
      vrrp: { interface: DEVICE, virtualRouterId: 51, version: 2, advertIntervalMs: 1_000, preempt: true },
      members: {
        a: { address: '192.168.81.51', priority: 99, weight: 1 },
        b: { address: '192.168.81.234', weight: 1 },
      },
    });
  });

  it('leaves the password where it is, and says so', () => {
    const { yaml, remarks, additions } = made();

    expect(yaml).toContain('auth: $VRRP_PASS');
    expect(remarks.join()).toContain('VRRP_PASS');
    expect([yaml, ...remarks, ...additions].join()).not.toContain('geheim');
  });

  it('says which priority it knows, and which it guessed', () => {
    const lines = made().yaml.split('\n');

    expect(lines.find((line) => line.includes('192.168.81.51,'))).toMatch(/# this server$/);
    expect(lines.find((line) => line.includes('192.168.81.234,'))).toMatch(/priority: 100, .*# GUESSED priority/);
  });

  it('says that its notify programs were not to be read, where they were not', () => {
    const unread = init(CONFS.article ?? '');

    expect(unread.remarks.join('\n')).toMatch(
      /CHECK \/etc\/keepalived\/notify_master\.sh and .*the loop guard is notify-swap/,
    );
    expect(logs(unread).lvs.loopGuard).toBe('backup-only');
  });

  it('on the BACKUP has no virtual_server: says where to run it, and writes nothing', () => {
    const backup = (CONFS.article ?? '').replace(/virtual_server 192[\s\S]*/, '');

    expect(() => init(backup)).toThrow(/no virtual_server, .*run this on the MASTER, or name with --from/);
  });
});

describe('the loop guard is recognised', () => {
  it.each([
    ['backup-only', CONFS.guarded, { backupOnly: true }, undefined],
    [
      'its older spelling',
      pool({ interface: DEVICE, instance: `  lvs_sync_daemon_interface ${DEVICE}` }),
      { backupOnly: true },
      undefined,
    ],
    ['half of it', CONFS.guarded, { backupOnly: false }, /MEND: only half of the loop guard/],
    ['backup-only that could not be seen', CONFS.guarded, {}, /CHECK that net\.ipv4\.vs\.backup_only is 1/],
    [
      'a daemon without an instance',
      pool({ interface: DEVICE, globals: `  lvs_sync_daemon ${DEVICE} id 51` }),
      { backupOnly: true },
      /MEND: lvs_sync_daemon names no vrrp_instance/,
    ],
    ['none', CONFS.plain, { backupOnly: true }, /MEND: there is no loop guard/],
    ['none needed behind NAT', CONFS.NAT, {}, undefined],
  ] as const)('%s', (_, text, around, sentence) => {
    const made = init(text ?? '', around);
    const guard = made.remarks.filter((remark) => /loop guard|backup_only/.test(remark)).join('\n');

    expect(logs(made).lvs.loopGuard).toBe('backup-only');
    if (sentence === undefined) expect(guard).toBe('');
    else expect(guard).toMatch(sentence);
  });

  it('ingress-mark by its firewall mark, with the VIP that is left and the port that is checked', () => {
    const made = init(CONFS.mark ?? '', GUARDED);
    const marked = Object.values(load(made).pools)[1];

    expect(marked).toMatchObject({
      vip: { address: '192.168.81.230', port: 6390 },
      lvs: { loopGuard: 'ingress-mark' },
    });
    expect(made.remarks.join('\n')).toMatch(
      /firewall mark 7\. Weir watches it and cannot change its weights: it would look for the mark/,
    );
  });

  it('notify-swap when the table is included, or in the kernel only', async () => {
    const table =
      'TCP  C0A851E5:18EB wrr\n  -> C0A85133:18EB      Local   100    0          0\n  -> C0A851EA:18EB      Route   100    0          0\n';
    const withoutServer = `${(CONFS.article ?? '').replace(/virtual_server 192[\s\S]*/, '')}`;
    const made = init(withoutServer, { table });

    expect(logs(made)).toMatchObject({
      lvs: { loopGuard: 'notify-swap', forwarding: 'direct-routing', scheduler: 'wrr' },
    });
    expect(Object.values(logs(made).members).map(({ address }) => address)).toEqual([
      '192.168.81.51',
      '192.168.81.234',
    ]);
  });
});

describe('several pools', () => {
  it('on one VIP share members, priorities and names, whatever the order of their servers', () => {
    const { pools } = load(init(CONFS['two pools on one VIP'] ?? '', GUARDED));

    expect(Object.keys(pools)).toEqual(['logs-6379', 'logs-6380']);
    const terms = Object.values(pools).map(({ members }) =>
      Object.values(members)
        .map(({ name, address, priority }) => [name, address, priority])
        .sort(),
    );
    expect(terms[0]).toEqual(terms[1]);
  });

  it('of two instances are told that the guard is one for both, unless keepalived moves them together', () => {
    const told = (text: string | undefined) => init(text ?? '', GUARDED).remarks.join('\n');

    expect(told(CONFS['two instances'])).toMatch(/MEND: VI_1 and VI_2 may be MASTER on different servers/);
    expect(told(CONFS['two instances in a group'])).not.toMatch(/may be MASTER on different servers/);
    expect(told(CONFS['two instances in a group'])).toMatch(
      /VI_1 and VI_2: in a vrrp_sync_group .* sync_group_tracking_weight/,
    );
  });

  it('of a group: one for each VIP, and a range is left out', () => {
    const made = init(CONFS['a group'] ?? '');

    expect(Object.values(load(made).pools).map(({ vip }) => vip.address)).toEqual(['192.168.81.229', '192.168.81.230']);
    expect(made.remarks.join('\n')).toMatch(/virtual_server 192\.168\.81\.240-250 6379 is left out: it is a range/);
  });

  it('what is no pool is left out, each with its reason and place', () => {
    const made = init(CONFS['what is no pool'] ?? '');

    expect(Object.keys(load(made).pools)).toEqual(['logs']);
    for (const why of [
      /keepalived\.conf:\d+ virtual_server 192\.168\.81\.229 53 is left out: it is UDP/,
      /6381 is left out: its port is 6381 and that of 192\.168\.81\.51 is 6391/,
      /6382 is left out: a pool needs two servers or more, and it has 1/,
      /231 6379 is left out: no vrrp_instance has the VIP/,
      /6385 is left out: it has no protocol, which keepalived takes as UDP/,
      /6383 is left out: 192\.168\.81\.51 stands in it with several ports/,
      /6384 is left out: virtual_server 192\.168\.81\.229 6379 is in vrrp_instance VI_1 too and has other servers/,
      /229 80 is left out: its health check is HTTP_GET/,
    ]) {
      expect(made.remarks.join('\n')).toMatch(why);
      expect(made.yaml.replaceAll(/\n# /g, ' ')).toMatch(why);
    }
  });

  it('where several are left out for several reasons one line says it, and they stand below it', () => {
    const plain = CONFS.plain ?? '';
    const table = plain.slice(plain.indexOf('virtual_server '));
    const text = `${plain.replace('protocol TCP', 'protocol UDP')}${table.replace('229 6379', '229 53').replace('protocol TCP', 'protocol SCTP')}`;

    expect(() => init(text)).toThrow(
      /^keepalived\.conf has no pool that can be taken over, so nothing is written:\n {4}keepalived\.conf:\d+ .* it is UDP.*\n {4}keepalived\.conf:\d+ .* it is SCTP.*$/,
    );
  });

  it('where one value keeps all of them out it is that line alone', () => {
    const plain = CONFS.plain ?? '';
    const table = plain.slice(plain.indexOf('virtual_server '));
    const text = `${plain}${table.replace('229 6379', '229 6380')}`.replace('priority 200', 'priority high');

    expect(() => init(text)).toThrow(/^keepalived\.conf:\d+:\d+ priority is high, expected a number from 1 to 255$/);
  });

  it('where none is left nothing is written, and each reason is told', () => {
    const text = (CONFS.plain ?? '').replaceAll('192.168.81.229/32', '192.168.81.1/32');

    expect(() => init(text)).toThrow(
      /^keepalived\.conf:\d+ .* no vrrp_instance has the VIP 192\.168\.81\.229.* Nothing is written\.$/,
    );
  });
});

describe('what is taken over', () => {
  it.each(Object.entries(CONFS))('%s loads', (_, text) => {
    expect(load(init(text)).policy.mode).toBe('shadow');
  });

  it('defaults are those of keepalived', () => {
    expect(logs(init(CONFS['no schedulers, kinds or intervals'] ?? ''))).toMatchObject({
      lvs: { scheduler: 'wlc', forwarding: 'nat' },
      vrrp: { version: 3, advertIntervalMs: 1_000, preempt: false },
      members: { a: { weight: 1 }, b: { weight: 1 } },
    });
  });

  it('IPv6 needs VRRP version 3, and its addresses are one however they are written', () => {
    const made = init(CONFS.IPv6 ?? '', { own: 'fd00:81::51' });

    expect(logs(made)).toMatchObject({ vip: { address: 'fd00:81::229' }, vrrp: { version: 3 } });
    expect(made.yaml).toMatch(/"fd00:81::51", priority: 200, weight: 100\} +# this server/);
  });

  it('unequal weights that the scheduler ignores become equal, and sh without its fallback is a fault', () => {
    const rr = init(CONFS['unequal weights under rr'] ?? '');

    expect(Object.values(logs(rr).members).map(({ weight }) => weight)).toEqual([100, 100]);
    expect(rr.remarks.join()).toContain('The weights 50 and 100 are written as the largest of them.');
    expect(init(CONFS.sh ?? '').remarks.join()).toMatch(
      /MEND: the scheduler sh refuses the clients .* add sh-fallback/,
    );
  });

  it('what weir.yaml has no word for is named', () => {
    const { remarks, rest, yaml } = init(CONFS['what weir.yaml has no word for'] ?? '');

    expect(rest[0]).toMatch(/NOTE: .* what `weir render` makes would be without/);
    expect(rest.join('\n')).toMatch(/vrrp_instance VI_1: .*unicast_peer.* do not hear each other/);
    expect(rest.join('\n')).toMatch(/virtual_server 192\.168\.81\.229 6379: .*sorry_server 192\.168\.81\.9 6379/);
    expect(yaml.replaceAll(/\n# */g, ' ')).toContain('sorry_server 192.168.81.9 6379');
    expect(remarks.join('\n')).toMatch(/expire_quiescent_template/);
  });

  it('names come from /etc/hosts when it has one for each, with the own one known anyway', () => {
    const hosts = '127.0.0.1 localhost\n192.168.81.234 Redis-Two.example.com two # x\n';

    expect(Object.keys(logs(init(CONFS.plain ?? '', { hosts })).members)).toEqual(['one', 'redis-two']);
    expect(Object.keys(logs(init(CONFS.plain ?? '')).members)).toEqual(['a', 'b']);
  });

  it('on another machine the file itself may say whose it is', () => {
    const made = init(CONFS['what weir.yaml has no word for'] ?? '', { own: '10.9.9.9' });

    expect(made.yaml).toMatch(/192\.168\.81\.51, priority: 200, weight: 100\} +# this server$/m);
  });

  it('where keepalived has its files elsewhere is said or asked for', () => {
    const inFolder = init(`use_pid_dir\n${CONFS.plain}`);
    const named = init(`instance x\n${CONFS.plain}`);

    expect(load(inFolder).keepalived.pidFile).toBe('/run/keepalived/keepalived.pid');
    expect(named.remarks.join('\n')).toMatch(/FILL IN keepalived\.pid_file and keepalived\.dump_file/);
  });

  it("another machine's kernel and priority are not taken for the pool's", () => {
    const table = 'TCP  C0A851E5:18EB wrr\n  -> 0A000001:18EB      Route   1    0          0\n';
    const made = init(CONFS.guarded ?? '', { own: '10.9.9.9', table, backupOnly: false });

    expect(made.yaml.match(/GUESSED priority/g)).toHaveLength(2);
    expect(made.remarks.join('\n')).toMatch(/no address of this server is a real_server/);
    expect(made.remarks.join('\n')).not.toMatch(/kernel's table|only half/);
  });

  it('what the kernel has otherwise is told', () => {
    const row = (address: string, weight: number) => `  -> ${address}:18EB      Route   ${weight}    0          0\n`;
    const table = `TCP  C0A851E5:18EB wrr\n${row('C0A85133', 0)}${row('C0A851EB', 1)}`;
    const told = init(CONFS.guarded ?? '', { table, backupOnly: true }).remarks.join('\n');

    expect(told).toMatch(/192\.168\.81\.51 has weight 0 in the kernel's table now and 100 in keepalived\.conf/);
    expect(told).toMatch(/192\.168\.81\.234 is not in the kernel's table now/);
    expect(told).toMatch(/192\.168\.81\.235 is in the kernel's table and not in keepalived\.conf/);
    expect(init(CONFS.guarded ?? '', { table: '', backupOnly: true }).remarks.join('\n')).toMatch(
      /has no such service now/,
    );
  });
});

describe('what Weir cannot do with such a pool yet', () => {
  const tracked = (path: string, line: string) =>
    `track_file ho {\n  file ${path}\n}\n${pool({ interface: DEVICE, globals: SYNC, instance: `  track_file {\n    ${line}\n  }` })}`;

  it('is told with the lines to add, in the file too', () => {
    const { remarks, additions, yaml } = init(CONFS.guarded ?? '', GUARDED);

    expect(remarks.join('\n')).toMatch(
      /Weir cannot move the VIP yet: VI_1 must follow the track file \/run\/weir\/handover/,
    );
    expect(additions.join('\n')).toMatch(/f \/run\/weir\/handover 0644 root root - 0/);
    expect(additions.join('\n')).toMatch(/vrrp_notify_fifo \/run\/weir\/vrrp\.fifo/);
    for (const line of additions) expect(yaml).toContain(`# ${line}`);
  });

  it('a handover file elsewhere is found, and the FIFOs are wanted beside it', () => {
    const made = init(tracked('/srv/x/handover', 'ho'), GUARDED);

    expect(load(made).keepalived.runDir).toBe('/srv/x');
    expect(made.remarks.join('\n')).not.toContain('cannot move the VIP');
    expect(made.additions.join('\n')).toContain('lvs_notify_fifo /srv/x/lvs.fifo');
  });

  it('a track file that no instance follows, or by another weight, does not count', () => {
    const unfollowed = tracked('/run/weir/handover', 'ho').replace(/ {2}track_file \{\n {4}ho\n {2}\}/, '');

    expect(init(unfollowed, GUARDED).remarks.join('\n')).toMatch(/VI_1 must follow the track file/);
    expect(init(tracked('/run/weir/handover', 'ho weight 0'), GUARDED).remarks.join('\n')).toMatch(
      /has weight 0, and Weir counts on 1/,
    );
  });

  it('two instances need a file each: one for both is not enough, and the lines say so', () => {
    const one = `track_file ho {\n  file /srv/x/handover\n}\n${CONFS['two instances']}`.replaceAll(
      '  virtual_ipaddress {',
      '  track_file {\n    ho\n  }\n  virtual_ipaddress {',
    );
    const { remarks, additions } = init(one, GUARDED);
    expect(remarks.join('\n')).toMatch(
      /VI_1 must follow .*handover-\S+, VI_2 must follow .* with one file the VIPs of all/,
    );
    const files = additions.flatMap((line) => /^ {4}f (\S+)/.exec(line)?.[1] ?? []);
    expect(files).toHaveLength(2);
    for (const file of files) {
      expect(file).toMatch(/^\/srv\/x\/handover-/);
      expect(additions.join('\n')).toContain(`  file ${file}\n`);
    }
  });

  it('two instances of which one alone follows its file are told, both with theirs they are not', () => {
    const two = CONFS['two instances'] ?? '';
    const wanted = init(two, GUARDED).additions.flatMap((line) => /^ {4}f (\S+)/.exec(line)?.[1] ?? []);
    const follow = (count: number) => {
      let left = count;
      const tracks = wanted.map((file, i) => `track_file h${i} {\n  file ${file}\n}\n`).join('');
      const text = two.replaceAll('  virtual_ipaddress {', (found) => {
        left -= 1;
        return left < 0 ? found : `  track_file {\n    h${count - left - 1}\n  }\n${found}`;
      });
      return init(`${tracks}${text}`, GUARDED).remarks.join('\n');
    };
    expect(follow(1)).toMatch(/Weir cannot move the VIP yet/);
    expect(follow(2)).not.toMatch(/Weir cannot move the VIP yet/);
  });

  it('a FIFO that somebody else reads is left to them', () => {
    const text = pool({ interface: DEVICE, globals: `${SYNC}\n  vrrp_notify_fifo /run/other` });
    const { remarks, additions } = init(text, GUARDED);

    expect(remarks.join('\n')).toMatch(/writes its vrrp_notify_fifo to \/run\/other already/);
    expect(additions.join('\n')).not.toMatch(/vrrp_notify_fifo/);
  });
});

describe('a value that cannot be is one line with its place', () => {
  it.each([
    [
      'virtual_router_id 51',
      'virtual_router_id 300',
      /^keepalived\.conf:\d+:21 virtual_router_id is 300, expected a number from 1 to 255$/,
    ],
    ['priority 200', 'priority high', /priority is high, expected a number/],
    ['  virtual_router_id 51\n', '', /vrrp_instance VI_1 has no virtual_router_id/],
    ['192.168.81.229/32', '192.168.81/32', /192\.168\.81\/32 is no IP address/],
    [
      'real_server 192.168.81.51 6379',
      'real_server 192.168.81.51 x',
      /^keepalived\.conf:22:29 the port of real_server is x, expected a number from 0 to 65535$/,
    ],
    ['real_server 192.168.81.51 6379', 'real_server', /real_server has no value, expected an IP address/],
    ['virtual_server 192.168.81.229 6379', 'virtual_server group X', /there is no virtual_server_group X/],
  ])('%s -> %s', (from, to, sentence) => {
    expect(() => init((CONFS.plain ?? '').replace(from, to))).toThrow(sentence);
  });
});

describe('what Weir itself built is read back', () => {
  const yaml = (lvs: string, vrrp: string, net = '192.168.81.') => `pools:
  logs:
    vip: {address: "${net}229", port: 6379}
    lvs: {${lvs}}
    vrrp: {interface: ${DEVICE}, virtual_router_id: 51, ${vrrp}}
    members:
      a: {address: "${net}51", priority: 254, mac: "02:00:00:00:00:0a"}
      b: {address: "${net}234", priority: 250, weight: 70, mac: "02:00:00:00:00:0b"}
`;

  it.each([
    ['backup-only', yaml('loop_guard: backup-only', 'version: 3'), '192.168.81.51'],
    [
      'version 2',
      yaml('scheduler: wlc', 'version: 2, auth: $VRRP_PASS, advert_interval: 2s, preempt: true'),
      '192.168.81.51',
    ],
    ['notify-swap', yaml('loop_guard: notify-swap', 'version: 3'), '192.168.81.51'],
    ['ingress-mark', yaml('loop_guard: ingress-mark', 'version: 3'), '192.168.81.51'],
    ['tunnels', yaml('forwarding: tunnel', 'version: 3'), '192.168.81.51'],
    ['NAT', yaml('forwarding: nat', 'version: 3'), '192.168.81.51'],
    ['IPv6', yaml('', 'version: 3', 'fd00:81::'), 'fd00:81::51'],
  ])('%s', async (_, text, own) => {
    const folder = await tempDir();
    const config = parseConfig({ file: 'weir.yaml', text, env: { VRRP_PASS: 'x' }, cwd: '/', root: true });
    const layout = layoutUnder(folder);
    const { files } = build(config, 'a', layout);
    for (const { path, text: content } of files) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    }
    const onMaster = files.find(({ path }) => path === layout.tableOnMaster);
    if (onMaster !== undefined) await writeFile(layout.table, onMaster.text);

    const made = fromKeepalived({
      source: readKeepalivedConf(layout.keepalivedConf),
      surroundings: { include: includedFiles, configId: 'a' },
      server: { hostName: 'a', addresses: [own], hosts: '', backupOnly: true },
      readProgram: (path) => files.find((file) => file.path === path)?.text,
      configTest: { lines: [], exitCode: 0 },
    });

    const before = config.pools.logs as PoolConfig;
    const { members, vrrp, ...rest } = logs(made);
    const { auth: _auth, ...terms } = vrrp;
    const { auth: _before, ...termsBefore } = before.vrrp;
    const { members: membersBefore, vrrp: _vrrp, ...restBefore } = before;
    expect(rest).toEqual(restBefore);
    expect(terms).toEqual(termsBefore);
    expect(members.a).toMatchObject({ priority: 254, address: own, weight: 100 });
    expect(members.b).toMatchObject({ address: membersBefore.b?.address, weight: 70 });
    // Nothing is missing of what Weir built, and nothing of it is a fault.
    expect(made.additions).toEqual([]);
    expect(made.rest).toEqual([]);
    expect(made.remarks.filter((remark) => /MEND|cannot|CHECK the names/.test(remark))).toEqual([]);
  });

  it('under another name is asked to be called as it was', () => {
    const text = yaml('', '').replace('  logs:', '  metrics:');
    const config = parseConfig({ file: 'weir.yaml', text, env: {}, cwd: '/', root: true });
    const { files } = build(config, 'a', layoutUnder('/'));
    const made = init(files.find(({ path }) => path.endsWith('/keepalived.conf'))?.text ?? '');

    expect(made.remarks.join('\n')).toMatch(/CHECK the names .* weight-metrics-a and weight-metrics-b/);
  });

  it('is no word for a FILE_CHECK of somebody else', () => {
    const check = 'FILE_CHECK {\n track_file mine\n }\n TCP_CHECK {';
    const made = init((CONFS.plain ?? '').replace('TCP_CHECK {', check));

    expect(made.rest.join('\n')).toMatch(/virtual_server .*: FILE_CHECK/);
  });
});
