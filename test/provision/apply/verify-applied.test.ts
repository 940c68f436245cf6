/** What is compared after applying: pure, and by a machine on paper. */

import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import type { VrrpInstance } from '../../../src/model/readings/vrrp-instance.ts';
import { readSysctl } from '../../../src/provision/apply/kernel.ts';
import { confFileIn, isCopyOf } from '../../../src/provision/apply/running.ts';
import { compareInstance, compareTable, lostDaemon } from '../../../src/provision/apply/verify-applied.ts';
import type { LiveService } from '../../../src/provision/init/live-service.ts';
import { type Group, groupsOf } from '../../../src/provision/render/groups.ts';
import { bothRedacted, redacted } from '../../../src/provision/render/redact.ts';
import { sysctls } from '../../../src/provision/render/system.ts';

function groupOf(lvs = '', device = 'eth0'): Group {
  const text = `pools:
  logs:
    vip: {address: 192.168.81.229, port: 6379}
    lvs: {${lvs}}
    vrrp: {interface: ${device}, virtual_router_id: 51}
    members:
      a: {address: 192.168.81.51, priority: 254}
      b: {address: 192.168.81.234, priority: 250}
`;
  const { pools } = parseConfig({ file: 'weir.yaml', text, env: {}, cwd: '/', root: true });
  return groupsOf(Object.values(pools), 'a')[0] as Group;
}

const INSTANCE: VrrpInstance = {
  ...{ name: 'VI_51', state: 2, interface: 'eth0', vips: ['192.168.81.229 dev eth0 scope global set'] },
  ...{ routerId: 51, basePriority: 254, advertSeconds: 0.2, version: 3, nopreempt: true },
};

describe("keepalived's instance", () => {
  it('as it was built is right, and so is one that says less', () => {
    const { routerId: _, advertSeconds: __, ...less } = INSTANCE;
    expect([compareInstance(groupOf(), [INSTANCE]), compareInstance(groupOf(), [less])]).toEqual([[], []]);
  });

  it.each<[Partial<VrrpInstance>, string]>([
    [{ name: 'VI_1' }, 'keepalived has no vrrp_instance VI_51.'],
    [{ routerId: 52 }, "keepalived's VI_51 has virtual_router_id 52, and not 51."],
    [{ basePriority: 100 }, "keepalived's VI_51 has priority 100, and not 254."],
    [{ advertSeconds: 1 }, "keepalived's VI_51 has advert_int 1, and not 0.2."],
    [{ nopreempt: false }, "keepalived's VI_51 has nopreempt false, and not true."],
    [{ vips: ['10.0.0.9/32 dev eth0'] }, "keepalived's VI_51 has VIPs 10.0.0.9, and not 192.168.81.229."],
  ])('that differs is told: %j', (differs, sentence) => {
    expect(compareInstance(groupOf(), [{ ...INSTANCE, ...differs }])).toEqual([sentence]);
  });
});

const SERVER = { address: '10.0.0.7', port: 6379, forwarding: 'Route', weight: 1 };
const SERVICE: LiveService = {
  ...{ protocol: 'TCP', address: '192.168.81.229', port: 6379, scheduler: 'wrr' },
  destinations: ['192.168.81.51', '192.168.81.234'].map((address) => ({ ...SERVER, address, weight: 100 })),
};

describe('the table', () => {
  const compare = (services: readonly LiveService[]) => compareTable(groupOf().pools, services);

  it('as it was built is right', () => {
    expect(compare([SERVICE])).toEqual([{ wrong: [], notes: [] }]);
  });

  it.each<[string, readonly LiveService[], RegExp]>([
    ['without the service', [{ ...SERVICE, port: 6380 }], /no service for 192\.168\.81\.229 port 6379/],
    ['with another scheduler', [{ ...SERVICE, scheduler: 'rr' }], /with scheduler rr, and not wrr/],
    [
      'with a stranger',
      [{ ...SERVICE, destinations: [...SERVICE.destinations, SERVER] }],
      /lists 10\.0\.0\.7 .* no member of logs/,
    ],
  ])('%s is wrong', (_, services, sentence) => {
    expect(compare(services)).toMatchObject([{ wrong: [expect.stringMatching(sentence)], notes: [] }]);
  });
});

describe('the sync daemon of backup-only', () => {
  const daemon = (role: string, device = 'eth0', id = 51) =>
    `${role} sync daemon (mcast=${device}, syncid=${id}, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)\n`;
  const lost = (state: number, text: string, lvs = '') =>
    lostDaemon([groupOf(lvs)], [{ ...INSTANCE, state }], { run: async () => text });

  it.each([
    [2, daemon('master')],
    [1, daemon('backup')],
    [3, ''],
  ])('in state %i may be %j', async (state, text) => {
    expect(await lost(state, text)).toEqual([]);
  });

  it.each([
    [2, '', 'is none'],
    [2, daemon('backup'), 'is backup on eth0'],
    [2, daemon('master') + daemon('backup'), 'is master on eth0 with id 51 and backup'],
    [1, daemon('master'), 'must be backup on eth0 with id 51, and is master'],
    [1, daemon('backup', 'eth1'), 'is backup on eth1'],
    [1, daemon('backup', 'eth0', 7), 'with id 7'],
  ])('in state %i is lost as %j', async (state, text, sentence) => {
    expect((await lost(state, text))[0]).toContain(sentence);
  });

  it('is not asked for under another loop guard', async () => {
    expect(await lost(2, '', 'loop_guard: notify-swap')).toEqual([]);
  });
});

it('a VLAN has a sysctl of its own', async () => {
  const keys = sysctls([groupOf('', 'eth0.100')]).map(([key]) => key);
  const asked: string[] = [];
  await readSysctl('net.ipv4.conf.eth0/100.arp_ignore', { read: async (path) => void asked.push(path) });

  expect(keys).toContain('net.ipv4.conf.eth0/100.arp_ignore');
  expect(asked).toEqual(['/proc/sys/net/ipv4/conf/eth0.100/arp_ignore']);
});

it.each([
  [['keepalived'], '/etc/keepalived/keepalived.conf'],
  [['keepalived', '--dont-fork', '--use-file', '/a.conf'], '/a.conf'],
  [['keepalived', '--use-file=/a.conf', '-D'], '/a.conf'],
  [['keepalived', '-nlf', 'a.conf'], '/srv/a.conf'],
  [['keepalived', '-f/a.conf'], '/a.conf'],
  [['keepalived', '-p/run/f.pid', '-D'], '/etc/keepalived/keepalived.conf'],
])('%j reads %s', (words, file) => {
  expect(confFileIn(`${words.join('\0')}\0`, '/srv')).toBe(file);
});

it("keepalived's copy is compared without comments, indent and the line that includes", () => {
  const conf = '# why\nglobal_defs {\n  router_id a\n}\n\ninclude /etc/weir/table.conf\n';
  const copy =
    '# /etc/k.conf\n\nglobal_defs {\nrouter_id a\n}\n\n# /etc/weir/table.conf\nvirtual_server fwmark 1 {\n}\n!\n';

  expect(isCopyOf(copy, conf, 'virtual_server fwmark 1 {\n}\n')).toBe(true);
  expect(isCopyOf(copy, conf, '')).toBe(false);
  expect(isCopyOf(copy, conf.replace('router_id a', 'router_id b'), 'virtual_server fwmark 1 {\n}\n')).toBe(false);
});

it('a password is shown as a secret, in comments too, and another one as another', () => {
  const conf = (password: string) => `  auth_type PASS\n  auth_pass ${password}\n#auth_pass ${password}\n`;

  expect(redacted(conf('a b'))).toBe('  auth_type PASS\n  auth_pass [secret]\n#auth_pass [secret]\n');
  expect(bothRedacted(conf('"x"'), conf('y'))[0]).toContain('auth_pass [another secret]');
  expect(bothRedacted(conf('y'), conf('y'))[0]).toBe(redacted(conf('y')));
});
