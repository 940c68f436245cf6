/** Nothing of a keepalived.conf is dropped in silence: what has no word in weir.yaml is named, whatever block it stands in. */

import { describe, expect, it } from 'vitest';
import { fromKeepalived } from '../../../../src/provision/init/from-keepalived.ts';
import { type Holds, TOP } from '../../../../src/provision/init/keepalived/keywords.ts';

interface Into {
  readonly top?: string;
  readonly globals?: string;
  readonly instance?: string;
  readonly table?: string;
  readonly server?: string;
  readonly check?: string;
}

function conf({ top = '', globals = '', instance = '', table = '', server = '', check = '' }: Into): string {
  const one = (address: string) =>
    `  real_server ${address} 6379 {\n    weight 10\n${server}\n    TCP_CHECK {\n${check}\n    }\n  }\n`;
  return `${top}
global_defs {
  lvs_sync_daemon eth0 VI_1
${globals}
}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority 150
${instance}
  virtual_ipaddress {
    192.0.2.100
  }
}
virtual_server 192.0.2.100 6379 {
  lb_algo wrr
  lb_kind DR
  protocol TCP
${table}
${one('192.0.2.11')}${one('192.0.2.12')}}
`;
}

function init(into: Into) {
  return fromKeepalived({
    source: { file: 'k.conf', text: conf(into) },
    surroundings: { include: () => [], configId: 'one' },
    server: { hostName: 'one', addresses: ['192.0.2.11'], hosts: '', backupOnly: true },
    readProgram: () => undefined,
    configTest: { lines: [], exitCode: 0 },
  });
}

function rest(into: Into): string {
  return init(into).rest.join('\n');
}

/** Taken over, or told elsewhere: a value of it that is not taken is a matter of its own test. */
const UNDERSTOOD: Readonly<Record<keyof Into, string>> = {
  top: 'global_defs vrrp_instance virtual_server',
  globals: 'router_id script_user enable_script_security vrrp_version lvs_sync_daemon',
  instance: `interface virtual_router_id priority advert_int version preempt nopreempt authentication virtual_ipaddress
    virtual_ipaddress_excluded lvs_sync_daemon_interface native_ipv6`,
  table: 'real_server lb_algo lvs_sched lb_kind lvs_method protocol weight ip_family sh-fallback mh-fallback',
  // They are checks that no Redis passes: the virtual_server is left out for them.
  server: 'weight lvs_method TCP_CHECK HTTP_GET SSL_GET SMTP_CHECK DNS_CHECK UDP_CHECK',
  check: '',
};

function inside(...path: readonly string[]): ReadonlyMap<string, Holds> {
  return path.reduce((block, name) => block.get(name) as ReadonlyMap<string, Holds>, TOP as ReadonlyMap<string, Holds>);
}

const BLOCKS: readonly (readonly [keyof Into, ReadonlyMap<string, Holds>])[] = [
  ['top', TOP],
  ['globals', inside('global_defs')],
  ['instance', inside('vrrp_instance')],
  ['table', inside('virtual_server')],
  ['server', inside('virtual_server', 'real_server')],
  ['check', inside('virtual_server', 'real_server', 'TCP_CHECK')],
];

const ALL = BLOCKS.flatMap(([into, keywords]) => {
  const understood = UNDERSTOOD[into].split(/\s+/);
  return [...keywords].filter(([name]) => !understood.includes(name)).map(([name, holds]) => ({ into, name, holds }));
});

describe('every keyword that keepalived knows is named where nothing is made of it', () => {
  it.each(ALL)('$name ($into)', ({ into, name, holds }) => {
    const text = holds === 'line' ? `${name} 9` : `${name} x {\n${holds === 'values' ? '192.0.2.9' : ''}\n}`;

    expect(rest({ [into]: text })).toMatch(new RegExp(`\\b${name}\\b`));
  });

  it('and nothing is where all is understood, or is what `weir render` writes too', () => {
    expect(rest({})).toBe('');
    expect(rest({ table: '  delay_loop 1', check: '      connect_timeout 1\n      connect_port 6379' })).toBe('');
  });
});

describe('what it means is said', () => {
  it.each<[string, Into, RegExp]>([
    [
      'another multicast group',
      { globals: '  vrrp_mcast_group4 233.252.0.18' },
      /vrrp_mcast_group4 233\.252\.0\.18: .*do not hear each other then, and both become MASTER/,
    ],
    [
      'static addresses',
      { top: 'static_ipaddress {\n  192.0.2.201/24 dev eth0\n}' },
      /k\.conf:1 static_ipaddress: keepalived takes away what it has set/,
    ],
    [
      'other VIPs',
      { instance: '  virtual_ipaddress {\n    192.0.2.101\n  }' },
      /192\.0\.2\.101 of vrrp_instance VI_1: they go from the server/,
    ],
    [
      'a mask and a label',
      { instance: '  virtual_ipaddress {\n    192.0.2.100/24 label eth0:1\n  }' },
      /192\.0\.2\.100\/24 label eth0:1.*the address alone/,
    ],
    [
      'another instance',
      {
        top: 'vrrp_instance GW {\n  interface eth1\n  virtual_router_id 9\n  virtual_ipaddress {\n    198.51.100.1\n  }\n}',
      },
      /vrrp_instance GW with 198\.51\.100\.1: its addresses go from the server/,
    ],
    [
      'a port of the check alone',
      { check: '      connect_port 26379' },
      /virtual_server 192\.0\.2\.100 6379: connect_port 26379/,
    ],
    ['a track file of others', { instance: '  track_file {\n    mine weight 3\n  }' }, /track_file mine/],
    [
      'programs',
      { instance: '  notify_fault "/usr/local/sbin/away.sh"\n  smtp_alert' },
      /notify_fault \/usr\/local\/sbin\/away\.sh: these programs are not run; smtp_alert: keepalived sends no mail/,
    ],
  ])('%s', (_, into, sentence) => {
    const made = init(into);

    expect(made.rest.join('\n')).toMatch(sentence);
    expect(made.rest[0]).toMatch(/what `weir render` makes would be without/);
    expect(made.yaml.replaceAll(/\n# */g, ' ')).toMatch(sentence);
  });

  it('a virtual server that is left out is not in what is rendered either', () => {
    const other = conf({})
      .slice(conf({}).indexOf('virtual_server'))
      .replace('6379 {', '53 {')
      .replace('protocol TCP', 'protocol UDP');

    expect(rest({ top: other })).toMatch(/virtual_server 192\.0\.2\.100 53, which is left out/);
  });

  it('what stands at one real server is said of that one', () => {
    const one = conf({}).replace('    weight 10\n', '    weight 10\n    inhibit_on_failure\n');
    const made = fromKeepalived({
      source: { file: 'k.conf', text: one },
      surroundings: { include: () => [], configId: 'one' },
      server: { hostName: 'one', addresses: [], hosts: '' },
      readProgram: () => undefined,
      configTest: { lines: [], exitCode: 0 },
    });

    expect(made.rest.join('\n')).toContain('inhibit_on_failure of 192.0.2.11');
  });

  it('no secret is shown', () => {
    expect(rest({ top: 'SSL {\n  password geheim\n}' })).not.toContain('geheim');
  });
});
