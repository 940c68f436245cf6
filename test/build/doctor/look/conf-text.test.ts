import { describe, expect, test } from 'vitest';
import { complaintsOf, filesIn, isSame, saysOf } from '../../../../src/build/doctor/look/conf-text.ts';
import { virtualServer } from '../../../../src/build/keepalived-conf.ts';
import { wanted } from '../healthy.ts';

const FILE = `# Made by hand.
global_defs {
  router_id a   ! the first
  lvs_sync_daemon eth0 VI_1 id 51
}

vrrp_instance VI_1 {
  notify_master "/etc/k/up.sh  MASTER"
  authentication { }
  auth_pass geheim
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
authentication { }
auth_pass geheim
}
!
`;

describe('what keepalived has read', () => {
  test('is the file in spite of comments, blanks and indentation', () => {
    expect(isSame(COPY, FILE)).toBe(true);
  });

  test('is not the file when one value differs, or one line is gone', () => {
    expect(isSame(COPY, FILE.replace('router_id a', 'router_id b'))).toBe(false);
    expect(isSame(COPY, FILE.replace('  auth_pass geheim\n', ''))).toBe(false);
  });

  test.each(['include /etc/keepalived/*.conf', '@a priority 1', '$NAME=x', 'priority ~SEQ(a, 1)'])(
    'cannot be told from the text when that has %s',
    (line) => {
      expect(isSame(COPY, `${FILE}${line}\n`)).toBeUndefined();
    },
  );

  test('names every file once', () => {
    const text = `# /etc/k.conf\na\n# /etc/inc.conf\nb\n!\n# /etc/k.conf\n# a note\n`;

    expect(filesIn(text)).toEqual(['/etc/k.conf', '/etc/inc.conf']);
  });
});

describe('a configuration says', () => {
  test('which programs it runs, inside quotes and not, and none that is a comment or a block', () => {
    const text = `${FILE}
      vrrp_script chk { }
      script "/usr/bin/chk -x" # quick
      misc_path /usr/bin/misc
      ! notify_backup "/etc/k/never.sh"
      notify_fifo /run/x.fifo
      vrrp_notify_fifo_script /usr/bin/fifo`;

    expect(saysOf(text).scripts).toEqual(['/etc/k/up.sh', '/usr/bin/chk', '/usr/bin/misc', '/usr/bin/fifo']);
  });

  test('whether it is secured', () => {
    expect(saysOf(FILE).scriptSecurity).toBe(false);
    expect(saysOf(`${FILE}\n  enable_script_security\n`).scriptSecurity).toBe(true);
    expect(saysOf(`${FILE}\n  # enable_script_security\n`).scriptSecurity).toBe(false);
  });

  test.each<[string, object | undefined]>([
    ['lvs_sync_daemon eth0 VI_1 id 51', { interface: 'eth0', instance: 'VI_1' }],
    ['lvs_sync_daemon eth0 inst VI_1', { interface: 'eth0', instance: 'VI_1' }],
    ['lvs_sync_daemon eth0 id 51 VI_1', { interface: 'eth0', instance: 'VI_1' }],
    ['lvs_sync_daemon eth0', { interface: 'eth0' }],
    ['lvs_sync_daemon eth0 id 51 maxlen 1400', { interface: 'eth0' }],
    ['router_id a', undefined],
  ])('of the sync daemon: %s', (line, daemon) => {
    expect(saysOf(line).syncDaemon).toEqual(daemon);
  });

  test('no script and no daemon, where Weir made a table', () => {
    const pool = wanted().pools[0] as NonNullable<ReturnType<typeof wanted>['pools'][0]>;

    expect(saysOf(virtualServer(pool))).toEqual({ scripts: [], scriptSecurity: false });
  });
});

describe('what keepalived complains of', () => {
  test('is told without times, in few lines, and without the password that stands in the file', () => {
    const said = ['(k.conf: Line 3) Unknown', 'two geheim', 'three', 'four', 'five'].map(
      (text) => `Wed Nov  5 12:44:38 2026: ${text}`,
    );

    expect(complaintsOf(said.join('\n'), FILE)).toBe('(k.conf: Line 3) Unknown; two [secret]; three; and 2 lines more');
  });
});
