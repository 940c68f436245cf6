/** What keepalived goes on with is what `weir init` has: values that are not what stands in the file, and what is told of them. */

import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../src/config/load.ts';
import type { PoolConfig } from '../../../../src/model/configuration/config.ts';
import { parseIpVs } from '../../../../src/observe/director/parse-ip-vs.ts';
import type { ConfigTest } from '../../../../src/provision/init/config-test.ts';
import { type FromKeepalived, fromKeepalived } from '../../../../src/provision/init/from-keepalived.ts';

interface Parts {
  readonly top?: string;
  readonly globals?: string;
  readonly instance?: string;
  readonly state?: string;
  readonly vips?: string;
  readonly head?: string;
  readonly method?: string;
  readonly table?: string;
  readonly ports?: readonly [string, string];
  readonly first?: string;
}

/** A pool of two behind VI_1, of which parts may be others. */
function conf(parts: Parts = {}): string {
  const { ports = ['6379', '6379'], head = '192.0.2.100 6379', method = 'lb_algo wrr\n  lb_kind DR' } = parts;
  return `${parts.top ?? ''}
global_defs {
  lvs_sync_daemon eth0 VI_1
${parts.globals ?? ''}
}
vrrp_instance VI_1 {
${parts.state ?? '  state BACKUP\n  priority 150'}
  interface eth0
  virtual_router_id 51
${parts.instance ?? ''}
  virtual_ipaddress {
${parts.vips ?? '    192.0.2.100'}
  }
}
virtual_server ${head} {
  ${method}
${head.startsWith('fwmark') ? '' : '  protocol TCP'}
${parts.table ?? ''}
  real_server 192.0.2.11 ${ports[0]} {
    weight 10
    TCP_CHECK {
    }
${parts.first ?? ''}
  }
  real_server 192.0.2.12 ${ports[1]} {
    weight 20
    TCP_CHECK {
    }
  }
}
`;
}

interface Around {
  readonly addresses?: readonly string[];
  readonly table?: string;
  readonly configTest?: ConfigTest;
  readonly programs?: Readonly<Record<string, string>>;
}

function init(text: string, around: Around = {}): FromKeepalived {
  const { addresses = ['192.0.2.11'], table, programs = {}, configTest = { lines: [], exitCode: 0 } } = around;
  return fromKeepalived({
    source: { file: 'k.conf', text },
    surroundings: { include: () => [], configId: 'one' },
    server: {
      hostName: 'one',
      addresses,
      hosts: '',
      backupOnly: true,
      ...(table !== undefined && { services: parseIpVs(table) }),
    },
    readProgram: (path) => programs[path],
    configTest,
  });
}

function poolOf(made: FromKeepalived): PoolConfig {
  const env = Object.fromEntries(made.variables.map((name) => [name, 'x']));
  return Object.values(parseConfig({ file: 'w', text: made.yaml, env, cwd: '/', root: true }).pools)[0] as PoolConfig;
}

const told = ({ remarks, rest }: FromKeepalived) => [...remarks, ...rest].join('\n');
const AUTH = (lines: string) => `  authentication {\n${lines}\n  }`;
const PASS = AUTH('    auth_type PASS\n    auth_pass geheim');

describe('VRRP as keepalived completes it', () => {
  it.each<[string, Parts, object, RegExp | undefined]>([
    [
      'nopreempt beside MASTER',
      { state: '  state MASTER\n  nopreempt\n  priority 150' },
      { preempt: true },
      /nopreempt does nothing beside state MASTER/,
    ],
    [
      'nopreempt with 255',
      { state: '  priority 255\n  nopreempt' },
      { preempt: true },
      /nopreempt does nothing beside/,
    ],
    [
      'nopreempt with a MASTER that vrrp_strict makes BACKUP',
      { globals: '  vrrp_strict', state: '  state MASTER\n  nopreempt\n  priority 150' },
      { preempt: false },
      undefined,
    ],
    ['preempt behind nopreempt', { instance: '  nopreempt\n  preempt' }, { preempt: true }, undefined],
    [
      'BACKUP behind MASTER',
      { state: '  state MASTER\n  state BACKUP\n  nopreempt\n  priority 150' },
      { preempt: true },
      /state BACKUP stands behind state MASTER/,
    ],
    [
      'a priority out of range',
      { state: '  priority 300' },
      {},
      /priority is 300, expected a number from 1 to 255: keepalived ignores it/,
    ],
    [
      'IPv6 in virtual_ipaddress_excluded',
      { instance: '  virtual_ipaddress_excluded {\n  2001:db8::1\n  }' },
      { version: 2 },
      undefined,
    ],
    [
      'IPv6 behind IPv4',
      { vips: '    192.0.2.100\n    2001:db8::1' },
      { version: 2 },
      /2001:db8::1 is not IPv4 as the instance is: keepalived leaves it out/,
    ],
    [
      'a second version',
      { instance: '  version 3\n  version 2' },
      { version: 3 },
      /version 2 is not taken by keepalived: the instance has 3/,
    ],
    [
      'half a second in version 2',
      { instance: '  advert_int 0.5' },
      { advertIntervalMs: 1_000 },
      /advert_int 0\.5 is 1 for keepalived/,
    ],
    ['1.4 s in version 2', { instance: '  advert_int 1.4' }, { advertIntervalMs: 1_000 }, /advert_int 1\.4 is 1 /],
    ['1.5 s in version 2', { instance: '  advert_int 1.5' }, { advertIntervalMs: 2_000 }, /advert_int 1\.5 is 2 /],
    [
      '0.255 s in version 3',
      { instance: '  version 3\n  advert_int 0.255' },
      { advertIntervalMs: 260 },
      /advert_int 0\.255 is 0\.26 /,
    ],
    [
      'an interval out of range',
      { instance: '  advert_int 300' },
      { advertIntervalMs: 1_000 },
      /advert_int is 300, .* has its default/,
    ],
  ])('%s', (_, parts, vrrp, sentence) => {
    const made = init(conf(parts));

    expect(poolOf(made).vrrp).toMatchObject(vrrp);
    if (sentence === undefined) expect(made.remarks.join('\n')).not.toMatch(/k\.conf:\d+/);
    else expect(told(made)).toMatch(sentence);
  });

  it.each<[string, Parts, RegExp | undefined]>([
    ['a password', { instance: PASS }, undefined],
    [
      'under vrrp_strict',
      { globals: '  vrrp_strict', instance: PASS },
      /authentication is not used by keepalived: vrrp_strict/,
    ],
    ['under strict_mode', { instance: `${PASS}\n  strict_mode` }, /not used by keepalived: vrrp_strict/],
    ['with strict_mode off', { globals: '  vrrp_strict', instance: `${PASS}\n  strict_mode off` }, undefined],
    ['with version 3', { instance: `${PASS}\n  version 3` }, /not used by keepalived: VRRP version 3 has none/],
    [
      'PASS without a password',
      { instance: AUTH('    auth_type PASS') },
      /not used by keepalived: it has no auth_pass/,
    ],
    [
      'a type that is none',
      { instance: AUTH('    auth_type none\n    auth_pass geheim') },
      /auth_type none is unknown to keepalived/,
    ],
  ])('authentication: %s', (_, parts, sentence) => {
    const made = init(conf(parts));

    expect(made.yaml.includes('auth: $VRRP_PASS')).toBe(sentence === undefined);
    if (sentence !== undefined) expect(told(made)).toMatch(sentence);
    expect(made.yaml + told(made)).not.toContain('geheim');
  });

  it('two instances of one name, or of one number on one interface, are told', () => {
    const more = (name: string) =>
      `vrrp_instance ${name} {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n 192.0.2.101\n }\n}\n`;

    expect(told(init(`${conf()}${more('VI_1')}`))).toMatch(
      /k\.conf:\d+ vrrp_instance VI_1 stands there twice: keepalived skips/,
    );
    expect(told(init(`${conf()}${more('VI_2')}`))).toMatch(
      /MEND k\.conf:\d+ vrrp_instance VI_2 and VI_1 have the same virtual_router_id 51/,
    );
  });

  const TWIN = 'interface eth0\n virtual_router_id 51';
  const BY_UNICAST = 'unicast_src_ip 192.0.2.11\n unicast_peer {\n 192.0.2.12\n }';
  it.each<[string, string, string | undefined, boolean]>([
    ['has no address at all', TWIN, undefined, true],
    ['names the group that is the default', `${TWIN}\n mcast_dst_ip 224.0.0.18`, undefined, true],
    ['has another group', `${TWIN}\n mcast_dst_ip 224.0.0.20`, undefined, false],
    ['is unicast, and the pool is not', `${TWIN}\n ${BY_UNICAST}`, undefined, false],
    ['has the same peer by unicast', `${TWIN}\n ${BY_UNICAST}`, BY_UNICAST, true],
    ['has another peer by unicast', `${TWIN}\n ${BY_UNICAST.replace('.12', '.13')}`, BY_UNICAST, false],
    ['is unicast from another address', `${TWIN}\n ${BY_UNICAST.replace('.11', '.14')}`, BY_UNICAST, false],
    ['is on another interface', TWIN.replace('eth0', 'eth1'), undefined, false],
    ['is IPv6', `${TWIN}\n native_ipv6`, undefined, false],
  ])('another instance of the same number %s', (_, lines, instance, isTwin) => {
    const made = init(`${conf({ ...(instance !== undefined && { instance }) })}vrrp_instance VI_2 {\n ${lines}\n}\n`);

    if (isTwin)
      expect(told(made)).toMatch(/VI_2 and VI_1 have the same virtual_router_id 51 on eth0: .*starts no VRRP/);
    else expect(told(made)).not.toMatch(/have the same virtual_router_id/);
  });

  it('a keyword without its value, at which keepalived ends, is told at its place', () => {
    const said =
      '(/etc/keepalived/k.conf: Line 27) *** Configuration line starting `quorum` is missing a parameter after keyword `quorum` at word position 2';

    expect(() => init(conf(), { configTest: { lines: [said], exitCode: 2 } })).toThrow(
      /^\/etc\/keepalived\/k\.conf:27 quorum lacks a value: keepalived ends there and does not run with this file$/,
    );
  });

  it.each<[string, string, RegExp]>([
    [
      'no number',
      'interface eth1',
      /MEND k\.conf:\d+ vrrp_instance VI_2 has no virtual_router_id, .*: keepalived starts no VRRP at all/,
    ],
    [
      'a number that is none',
      'interface eth1\n virtual_router_id 300',
      /MEND k\.conf:\d+ virtual_router_id is 300, .*starts no VRRP at all/,
    ],
    [
      'no interface',
      'virtual_router_id 52',
      /MEND k\.conf:\d+ vrrp_instance VI_2 has no interface, .*starts no VRRP at all/,
    ],
    [
      'no address in version 3',
      'interface eth1\n virtual_router_id 52\n version 3',
      /has no virtual_ipaddress, .*starts no VRRP at all/,
    ],
  ])('another instance with which no VRRP starts is told: %s', (_, lines, sentence) => {
    const vips = lines.includes('version 3') ? '' : ' virtual_ipaddress {\n 198.51.100.9\n }\n';

    expect(told(init(`${conf()}vrrp_instance VI_2 {\n ${lines}\n${vips}}\n`))).toMatch(sentence);
  });

  it.each(['state', 'lb_algo', 'lb_kind'])('%s without its value is refused at its place', (keyword) => {
    const text = conf().replace(new RegExp(`${keyword} \\w+`), keyword);

    expect(() => init(text)).toThrow(new RegExp(`^k\\.conf:\\d+:\\d+ ${keyword} has no value, expected`));
  });

  it('and the own one is none', () => {
    expect(() => init(conf().replace('  interface eth0\n', ''))).toThrow(
      /^k\.conf:\d+:1 vrrp_instance VI_1 has no interface, expected one$/,
    );
  });

  it('one variable holds the password of two instances only where it is the same', () => {
    const second = (password: string) => `vrrp_instance VI-2 {
 interface eth0
 virtual_router_id 52
${AUTH(`auth_type PASS\nauth_pass ${password}`)}
 virtual_ipaddress {
  192.0.2.101
 }
}
${conf().slice(conf().indexOf('virtual_server')).replace('192.0.2.100', '192.0.2.101')}`;
    const variables = (password: string) => init(`${conf({ instance: PASS })}${second(password)}`).variables;

    expect(variables('geheim')).toEqual(['VRRP_PASS']);
    expect(variables('anders')).toEqual(['VRRP_PASS_VI_1', 'VRRP_PASS_VI_2']);
  });
});

describe('the loop guard asks the daemon of the right instance', () => {
  const daemon = (line: string, more = '') => told(init(conf().replace('lvs_sync_daemon eth0 VI_1', line) + more));
  const other =
    'vrrp_instance VI_2 {\n interface eth1\n virtual_router_id 52\n virtual_ipaddress {\n 198.51.100.9\n }\n}\n';

  it('another one is a fault, unless keepalived moves both together', () => {
    expect(daemon('lvs_sync_daemon eth1 VI_2', other)).toMatch(
      /MEND: the sync daemon follows vrrp_instance VI_2, .* is in VI_1/,
    );
    expect(
      daemon('lvs_sync_daemon eth1 VI_2', `${other}vrrp_sync_group G {\n group {\n VI_1\n VI_2\n }\n}\n`),
    ).not.toMatch(/sync daemon follows/);
  });

  it('one that is not there starts no daemon', () => {
    expect(daemon('lvs_sync_daemon eth1 VI_9')).toMatch(
      /MEND k\.conf:\d+ lvs_sync_daemon names VI_9, and there is no such vrrp_instance/,
    );
    expect(daemon('lvs_sync_daemon eth1 VI_9')).toMatch(/MEND: there is no loop guard/);
  });

  it('of several the first counts', () => {
    const said = daemon('lvs_sync_daemon eth0 VI_1\n lvs_sync_daemon eth1 VI_2', other);

    expect(said).toMatch(/lvs_sync_daemon stands there more than once: keepalived keeps the first/);
    expect(said).not.toMatch(/sync daemon follows/);
  });
});

describe('the table as keepalived completes it', () => {
  it.each<[string, Parts, RegExp | undefined]>([
    ['sh with its fallback', { method: 'lb_algo sh\n  sh-fallback\n  lb_kind DR' }, undefined],
    [
      'mh with that of sh',
      { method: 'lb_algo mh\n  sh-fallback\n  lb_kind DR' },
      /must stand behind lb_algo sh, and the one above it is mh/,
    ],
    [
      'a fallback above its scheduler',
      { method: 'sh-fallback\n  lb_algo sh\n  lb_kind DR' },
      /must stand behind lb_algo sh, and none stands above it/,
    ],
  ])('fallback: %s', (_, parts, sentence) => {
    const said = told(init(conf(parts)));

    expect(/MEND: the scheduler [sm]h refuses/.test(said)).toBe(sentence !== undefined);
    if (sentence !== undefined) expect(said).toMatch(sentence);
  });

  it.each([
    ['persistence_timeout 60', true],
    ['persistence_timeout', true],
    ['persistence_granularity 255.255.255.255', true],
    ['persistence_timeout 0', false],
    ['', false],
  ])('persistence: "%s"', (table, isPersistent) => {
    expect(/NOTE: this pool is persistent/.test(told(init(conf({ table: `  ${table}` }))))).toBe(isPersistent);
  });

  it.each<[string, Parts, string]>([
    ['lower case is none: NAT', { method: 'lb_algo wrr\n  lb_kind dr' }, 'nat'],
    ['a later one that is none leaves it', { method: 'lb_algo wrr\n  lb_kind DR\n  lvs_method Tun' }, 'direct-routing'],
    ['lb_kind is no keyword of a real server', { first: '  lb_kind NAT' }, 'direct-routing'],
  ])('forwarding: %s', (_, parts, forwarding) => {
    expect(poolOf(init(conf(parts))).lvs.forwarding).toBe(forwarding);
  });

  it('a method below the real servers is not theirs, once they have one', () => {
    const below = conf({ method: 'lb_algo wrr\n  lb_kind NAT' }).replace(/\n\}\n$/, '\n  lb_kind DR\n}\n');

    expect(poolOf(init(below)).lvs.forwarding).toBe('nat');
  });

  it('another kind of tunnel is told, and that tunnels and NAT are not proven', () => {
    const tunnel = told(init(conf({ method: 'lb_algo wrr\n  lb_kind TUN type gue port 6080' })));

    expect(tunnel).toMatch(/lb_kind TUN type gue port 6080.*tunnels are plain IPIP/);
    expect(tunnel).toMatch(/NOTE: forwarding tunnel is written and not proven yet.*tunl0/);
  });

  it('a weight out of range is not taken, and one of another service is not looked at', () => {
    const heavy = init(conf().replace('weight 20', 'weight 70000'));
    const http = conf({ head: '192.0.2.100 80', ports: ['80', '80'] })
      .slice(conf().indexOf('virtual_server'))
      .replaceAll('TCP_CHECK', 'HTTP_GET')
      .replace('weight 20', 'weight 70000');

    expect(Object.values(poolOf(heavy).members).map(({ weight }) => weight)).toEqual([10, 1]);
    expect(told(heavy)).toMatch(/weight is 70000, expected a number from 0 to 65535: keepalived ignores it/);
    expect(told(init(conf() + http))).not.toContain('70000');
    expect(() => init(conf() + http.replace('70000', 'x'))).not.toThrow();
  });

  it('of several for one reason there is one sentence, with each place', () => {
    const table = (port: number) =>
      `virtual_server 192.0.2.100 ${port} {\n  protocol UDP\n  real_server 192.0.2.11 ${port} {\n  }\n}\n`;
    const { remarks } = init(`${conf()}${table(53)}${table(54)}`);

    expect(remarks.join('\n')).toMatch(
      /k\.conf:\d+ virtual_server 192\.0\.2\.100 53, and 192\.0\.2\.100 54 \(line \d+\), are left out: it is UDP, and Redis speaks TCP\./,
    );
  });

  it('where all are drained the weights are asked for', () => {
    const drained = conf().replaceAll(/weight \d+/g, 'weight 0');

    expect(told(init(drained))).toMatch(/FILL IN the weights .* all of them have 0/);
  });

  it('what YAML would take for a number or a truth is text', () => {
    expect(poolOf(init(conf().replaceAll('eth0', '0'))).vrrp.interface).toBe('0');
    expect(poolOf(init(conf().replaceAll('eth0', 'on'))).vrrp.interface).toBe('on');
  });

  it('no character of the file moves the cursor', () => {
    const odd = told(init(conf({ state: '  state BAC\u001bKUP\n  priority 150', table: '  quorum \u001b[31m2' })));

    expect(odd).toMatch(/BAC<U\+001B>KUP[\s\S]*quorum <U\+001B>\[31m2/);
  });

  it('behind a mark VIP and port are guesses, and said to be', () => {
    const marked = (ports: readonly [string, string]) => init(conf({ head: 'fwmark 12', ports }));

    expect(poolOf(marked(['', ''])).vip).toEqual({ address: '192.0.2.100', port: 6379 });
    expect(poolOf(marked(['16379', '16379'])).vip.port).toBe(16_379);
    expect(told(marked(['', '']))).toMatch(/FILL IN the port and the VIP: .* mark 12 .*the port is a guess/);
  });

  it('a port of a real server counts under NAT alone', () => {
    const ports = ['16379', '16379'] as const;

    expect(told(init(conf({ ports })))).toMatch(/port 16379 of real_server 192\.0\.2\.11 is not used/);
    expect(() => init(conf({ ports, method: 'lb_algo wrr\n  lb_kind NAT' }))).toThrow(
      /its port is 6379 and that of 192\.0\.2\.11 is 16379/,
    );
  });
});

describe('directors that are no real servers', () => {
  const unicast = (own: string, peer: string) => ({
    instance: `  unicast_src_ip ${own}\n  unicast_peer {\n  ${peer}\n  }`,
  });
  const SERVICE = 'TCP  C0000264:18EB wrr\n  -> C000020B:18EB      Route   10    0          0\n';

  it.each<[string, Parts, Around]>([
    ['beside them by unicast', unicast('192.0.2.2', '192.0.2.3'), {}],
    ['by mcast_src_ip alone', { instance: '  mcast_src_ip 192.0.2.2' }, { addresses: ['192.0.2.2'] }],
    [
      'behind NAT in a network of their own',
      { ...unicast('198.51.100.2', '198.51.100.3'), method: 'lb_algo wrr\n  lb_kind NAT' },
      { addresses: ['10.9.9.9'] },
    ],
    ['this server schedules them', {}, { addresses: ['192.0.2.2'], table: SERVICE }],
  ])('%s: left out, and why', (_, parts, around) => {
    const text = conf(parts);
    let message = '';
    try {
      init(text, around);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(
      /(its directors?|this server is its director).* none of the real servers 192\.0\.2\.11 and 192\.0\.2\.12\. Weir needs each node to be both/,
    );
    expect(message).not.toMatch(/MEND|loop guard|Run `weir init`/);
  });

  it.each<[string, Parts, Around]>([
    ['each other by unicast', unicast('192.0.2.11', '192.0.2.12'), {}],
    ['looked at elsewhere', {}, { addresses: ['10.9.9.9'] }],
    [
      'with a network of its own for VRRP',
      unicast('198.51.100.11', '198.51.100.12'),
      { addresses: ['192.0.2.11', '198.51.100.11'] },
    ],
  ])('real servers that are directors are a pool: %s', (_, parts, around) => {
    expect(poolOf(init(conf(parts), around)).vip.port).toBe(6379);
  });

  it('what cannot be seen from elsewhere is asked', () => {
    const made = init(conf(unicast('198.51.100.11', '198.51.100.12')), { addresses: ['10.9.9.9'] });

    expect(told(made)).toMatch(
      /CHECK: VRRP speaks from 198\.51\.100\.11 and 198\.51\.100\.12, and none of them is a real_server/,
    );
  });
});

describe('what keepalived itself says', () => {
  it('stands beside the findings, in the file too', () => {
    const made = init(conf(), { configTest: { exitCode: 5, lines: ['(VI_1) something is odd'] } });

    expect(told(made)).toMatch(
      /CHECK what `keepalived --config-test` says of this file \(exit code 5\).*\n {4}\(VI_1\) something is odd/,
    );
    expect(made.yaml).toMatch(/^# {5}\(VI_1\) something is odd$/m);
  });

  it('is missing where it was not asked, which is said', () => {
    expect(told(init(conf(), { configTest: { lines: [], notAsked: 'it is not installed here' } }))).toMatch(
      /CHECK: keepalived was not asked .*: it is not installed here/,
    );
  });
});
