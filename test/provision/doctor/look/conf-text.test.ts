import { describe, expect, it } from 'vitest';
import { complaintsOf, filesOf, isSame, saysOf } from '../../../../src/provision/doctor/look/conf-text.ts';
import { parseKeepalived, type Statement } from '../../../../src/provision/init/keepalived/syntax.ts';
import { wanted } from '../healthy.ts';

const FILE = `# Made by hand.
global_defs {
  router_id a   ! the first
  lvs_sync_daemon eth0 VI_1 id 51
}

vrrp_instance VI_1 {
  notify_master "/etc/k/up.sh  MASTER"
  virtual_router_id 51
  authentication {
  auth_pass geheim
  }
}
`;

/** As keepalived 2.2.7 keeps it: the path before each file, a \`!\` after it. */
const COPY = `# /etc/keepalived/keepalived.conf

global_defs {
router_id a
lvs_sync_daemon eth0 VI_1 id 51
}
vrrp_instance VI_1 {
notify_master "/etc/k/up.sh  MASTER"
virtual_router_id 51
authentication {
auth_pass geheim
}
}
!
`;

const OTHER = 'static_ipaddress { }\n';

function parse(text: string): readonly Statement[] {
  const include = (pattern: string) => [{ file: pattern, text: OTHER }];
  return parseKeepalived({ file: '/etc/keepalived/keepalived.conf', text }, { include, configId: 'a' }).conf;
}

describe('what keepalived has read', () => {
  it('is the file in spite of comments, blanks and indentation', () => {
    expect(isSame(parse(COPY), parse(FILE))).toBe(true);
  });

  it('is the file with what that includes, where it is meant for this node', () => {
    const file = `${FILE}include /etc/keepalived/other.conf\n@a static_routes { }\n@b static_rules { }\n`;

    expect(isSame(parse(`${COPY}# /etc/keepalived/other.conf\n${OTHER}static_routes { }\n`), parse(file))).toBe(true);
    expect(filesOf(parse(file))).toEqual(['/etc/keepalived/keepalived.conf', '/etc/keepalived/other.conf']);
  });

  it('is not the file when one value differs, or one line is gone', () => {
    expect(isSame(parse(COPY), parse(FILE.replace('router_id a', 'router_id b')))).toBe(false);
    expect(isSame(parse(COPY), parse(FILE.replace('  auth_pass geheim\n', '')))).toBe(false);
  });
});

describe('a configuration says', () => {
  it('which programs it runs, inside quotes and not, and none that is a comment or a block', () => {
    const text = `${FILE}
      vrrp_script chk {
        script "/usr/bin/chk -x" # quick
      }
      virtual_server fwmark 1 { real_server 10.0.0.1 { MISC_CHECK { misc_path /usr/bin/misc
      } } }
      ! notify_backup "/etc/k/never.sh"
      global_defs {
        notify_fifo /run/x.fifo
        vrrp_notify_fifo_script /usr/bin/fifo
      }`;

    expect(saysOf(parse(text)).scripts).toEqual(['/etc/k/up.sh', '/usr/bin/chk', '/usr/bin/misc', '/usr/bin/fifo']);
  });

  it('whether it is secured', () => {
    const global = (line: string) => saysOf(parse(`${FILE}global_defs {\n${line}\n}\n`)).scriptSecurity;

    expect(saysOf(parse(FILE)).scriptSecurity).toBe(false);
    expect(global('enable_script_security')).toBe(true);
    expect(global('# enable_script_security')).toBe(false);
  });

  it.each<[string, object | undefined]>([
    ['lvs_sync_daemon eth0 VI_1 id 51', { instance: 'VI_1' }],
    ['lvs_sync_daemon eth0 inst VI_1', { instance: 'VI_1' }],
    ['lvs_sync_daemon eth0 id 51 maxlen 1400', {}],
    ['router_id a', undefined],
    // keepalived starts none then.
    ['lvs_sync_daemon eth0 VI_9', undefined],
  ])('of the sync daemon: %s', (line, daemon) => {
    const instance = 'vrrp_instance VI_1 {\n  virtual_router_id 51\n}';

    expect(saysOf(parse(`global_defs {\n${line}\n}\n${instance}`)).syncDaemon).toEqual(daemon);
  });

  it('no script, and its instance, where Weir made it', () => {
    const { files, layout } = wanted();
    const made = files.find(({ path }) => path === layout.keepalivedConf)?.text ?? '';

    expect(saysOf(parse(made))).toMatchObject({ scripts: [], scriptSecurity: true, syncDaemon: { instance: 'VI_51' } });
  });
});

describe('what keepalived complains of', () => {
  it('is told without times, in few lines, and without the password that stands in the file', () => {
    const said = ['(k.conf: Line 3) Unknown', 'two geheim', 'three', 'four', 'five'].map(
      (text) => `Wed Nov  5 12:44:38 2026: ${text}`,
    );

    expect(complaintsOf(said.join('\n'), FILE)).toBe('(k.conf: Line 3) Unknown; two [secret]; three; and 2 lines more');
  });
});

it('the files that it tracks, and which of them a weight goes by', () => {
  const track = (name: string) => `track_file ${name} {\n file /run/weir/${name}\n weight 1\n}\n`;
  const server = 'real_server 10.0.0.1 6379 {\n FILE_CHECK {\n track_file weight-logs-a\n weight 1\n }\n}\n';
  const instance = 'vrrp_instance VI_1 {\n virtual_router_id 51\n track_file {\n handover\n }\n}\n';
  const text = `${track('handover')}${track('weight-logs-a')}${instance}virtual_server 10.0.0.9 6379 {\n${server}}\n`;
  expect(saysOf(parse(text)).trackFiles).toEqual([
    { path: '/run/weir/handover', checked: false },
    { path: '/run/weir/weight-logs-a', checked: true },
  ]);
});
