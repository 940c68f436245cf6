/** keepalived: whether it runs, and with which configuration. */

import { dirname } from 'node:path';
import { USUAL_DUMP_FILE } from '../../../model/configuration/dump-file.ts';
import { type Check, ofNode } from '../check.ts';
import { vipForClients } from '../places.ts';
import { deviceOf, type Wanted } from '../wanted.ts';

const notRunning = ofNode('keepalived-not-running', ({ keepalived, addresses }, wanted) => {
  // A VIP that it has left behind is worse, and a finding of its own.
  const orphaned = wanted.pools.some((pool) => vipForClients(addresses, pool, deviceOf(pool, wanted.node)));
  if (keepalived.running || keepalived.unlistedPid !== undefined || orphaned) return undefined;
  return {
    is: `keepalived does not run: there is no process behind ${wanted.config.keepalived.pidFile}.`,
    should: 'It runs on every node.',
    why: `This node cannot take ${vipsOf(wanted)}: when the MASTER fails, producers reach nobody.`,
    mend: ['systemctl start keepalived'],
  };
});

const unlisted = ofNode('keepalived-pid-file', ({ keepalived }, { config }) => {
  if (keepalived.unlistedPid === undefined) return undefined;
  return {
    is: `keepalived runs as pid ${keepalived.unlistedPid}, but ${config.keepalived.pidFile} does not name it.`,
    should: `keepalived.pid_file in ${config.file} is the file that this keepalived writes (its option --pid).`,
    why: 'Weir takes it for dead: no VRRP state, no reload, and a false alarm of an orphan VIP.',
    mend: [
      `# set keepalived.pid_file to what stands behind --pid here, or start keepalived without that option:`,
      `ps -o args= -p ${keepalived.unlistedPid}`,
    ],
  };
});

const silent = ofNode('keepalived-silent', ({ keepalived }, { config }) => {
  if (keepalived.silent === undefined) return undefined;
  return {
    is: keepalived.silent,
    should: `At the JSON signal it writes its state to ${config.keepalived.dumpFile} within a second.`,
    why: 'A keepalived that hangs keeps the VIP while the other node takes it too; Weir cannot tell who is MASTER.',
    mend: [
      '# a restart frees it and takes the VIP off; when it does run, set keepalived.dump_file to where it writes',
      'systemctl restart keepalived',
    ],
  };
});

/** Every local user may put files there. */
const OPEN_FOLDERS = ['/tmp', '/var/tmp', '/dev/shm'];

const openDump = ofNode('keepalived-dump-open', ({ keepalived: { dumpFile = '' } }, { config }) => {
  if (!OPEN_FOLDERS.includes(dirname(dumpFile))) return undefined;
  const folder = dirname(USUAL_DUMP_FILE);
  return {
    is: `keepalived writes its state to ${dumpFile}, where every local user may put files.`,
    should: `It writes it to ${USUAL_DUMP_FILE}: started with TMPDIR=${folder}, a folder of root's.`,
    why: 'Whoever has put something in its place hides from Weir who is MASTER.',
    mend: [
      `# keepalived.dump_file is left out of ${config.file}; the node that is BACKUP first, for a restart takes the VIP off:`,
      'mkdir -p /etc/systemd/system/keepalived.service.d',
      `printf '[Service]\\nEnvironment=TMPDIR=${folder}\\nRuntimeDirectory=keepalived\\nRuntimeDirectoryMode=0700\\n' > /etc/systemd/system/keepalived.service.d/weir.conf`,
      'systemctl daemon-reload && systemctl restart keepalived',
    ],
  };
});

const missing = ofNode('configuration-missing', ({ configuration: { exists, path } }, wanted) => {
  if (exists !== false) return undefined;
  return {
    is: `There is no ${path}.`,
    should: 'keepalived has a configuration with the VRRP instance and the table of every pool.',
    why: 'keepalived takes a missing file without a word (its own test says 0) and then does nothing: no VIP, no table.',
    mend: [render(wanted)],
  };
});

const refused = ofNode('configuration-refused', ({ configuration: { exists, path, refusal } }) => {
  if (exists === false || refusal === undefined || refusal === '') return undefined;
  return {
    is: `keepalived refuses ${path}: ${refusal.replace(/\.$/, '')}.`,
    should: 'Its own test takes the file.',
    why: 'What runs now goes on, but the next start or reload fails or drops the lines in question.',
    mend: ['# correct the file until this says nothing:', `keepalived --config-test --log-console --use-file ${path}`],
  };
});

const notLoaded = ofNode('configuration-not-loaded', ({ configuration: { loaded, path } }) => {
  if (loaded !== false) return undefined;
  return {
    is: `The running keepalived has read something else than what ${path} says now.`,
    should: 'What runs is what the file says.',
    why: 'The change is not in force, and comes by surprise at the next reload, start or reboot.',
    mend: [`keepalived --config-test --log-console --use-file ${path} && systemctl reload keepalived`],
  };
});

const stale = ofNode('configuration-stale', ({ configuration }, wanted) => {
  if (configuration.stale.length === 0) return undefined;
  return {
    is: `Weir made ${configuration.stale.join(', ')}, and would make it otherwise of ${wanted.config.file} now.`,
    should: `Files that Weir makes are changed in ${wanted.config.file} only, and rendered again.`,
    why: `${wanted.config.file} was changed and not applied, or the file was edited by hand: the nodes may differ.`,
    mend: [`weir render --node ${wanted.node} --diff`, render(wanted)],
  };
});

const unbuildable: Check = {
  name: 'configuration-impossible',
  find: (_facts, { refusals, config }) =>
    refusals.map((refusal) => ({
      is: refusal,
      should: `What ${config.file} asks for can be built for this node.`,
      why: 'weir render refuses it, so this node cannot get a configuration that balances every pool.',
      mend: [`# change ${config.file} as the sentence above says, then:`, 'weir doctor'],
    })),
};

const scripts = ofNode('script-security', ({ configuration: { says, insecurity, path } }) => {
  const unsecured = says !== undefined && !says.scriptSecurity && says.scripts.length > 0;
  if (!unsecured && insecurity === undefined) return undefined;
  return {
    is: unsecured
      ? `${path} runs ${says.scripts.join(', ')} without enable_script_security.`
      : `keepalived does not trust what ${path} runs: ${insecurity?.replace(/\.$/, '')}.`,
    should: 'global_defs has enable_script_security and script_user root, and root alone may write the scripts.',
    why: 'A script that somebody else can change runs as root; or keepalived does not run it at all.',
    mend: [
      '# into global_defs: script_user root, and on a line of its own enable_script_security; then:',
      `keepalived --config-test --log-console --use-file ${path} && systemctl reload keepalived`,
    ],
  };
});

function render({ node }: Wanted): string {
  return `weir render --node ${node} --apply`;
}

function vipsOf({ pools }: Wanted): string {
  return [...new Set(pools.map(({ vip }) => vip.address))].join(', ');
}

export const KEEPALIVED_CHECKS: readonly Check[] = [
  notRunning,
  unlisted,
  silent,
  openDump,
  missing,
  refused,
  notLoaded,
  stale,
  unbuildable,
  scripts,
];
