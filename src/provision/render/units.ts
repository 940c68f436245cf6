/** The systemd units of a node and of a worker, each with no more than its process needs (systemd.exec(5)). Pure. */

import { dirname } from 'node:path';
import type { Group } from './groups.ts';
import { ingressRemovals } from './ingress-mark.ts';
import { withHostMask } from './keepalived-conf.ts';
import type { Layout } from './layout.ts';
import { made, vipsOf } from './system.ts';

/** What the units start. */
const PROGRAM = '/usr/local/bin/weir';

/** Where a node and `weir up` keep their state as root, and systemd makes the folder. */
const USUAL_STATE_DIR = '/var/lib/weir';

/** What no process of Weir needs, whatever its user is. */
const SANDBOX = `NoNewPrivileges=yes
ProtectSystem=strict
# With ProtectControlGroups or ProtectKernelTunables systemd 252 leaves /run writable: measured.
ReadOnlyPaths=/run
ProtectHome=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
# Without it Node is killed for a call that it could do without.
SystemCallErrorNumber=EPERM
UMask=0077
LimitCORE=0
`;

/** How a role is started, and no more once that is of no use. */
const START = `Wants=network-online.target
# A process that ends at each start is given up after about two minutes: systemctl reset-failed, once it is mended.
StartLimitIntervalSec=300
StartLimitBurst=20

[Service]
Type=notify
# It tells systemd by systemd-notify, which is a process of its own.
NotifyAccess=all
WatchdogSec=60
Restart=always
RestartSec=2
# weir.yaml is wrong, or a secret is missing: the next start would say the same sentence.
RestartPreventExitStatus=2
# Longer than anything is waited for at its end (25 s).
TimeoutStopSec=30
`;

/** The values of $NAME in weir.yaml: docs/deploy.md, "Secrets". */
const SECRETS = `# The values of $NAME in weir.yaml: lines NAME=value in this file, or a file NAME in this folder. Neither need be there.
EnvironmentFile=-/etc/weir/weir.env
LoadCredential=weir:/etc/weir/credentials
SetCredential=weir:none
`;

/** Puts the VIPs on lo and, for ingress-mark, the marks into the kernel, before keepalived starts. */
export function addressUnit(node: string, groups: readonly Group[], layout: Layout): string {
  const vips = vipsOf(groups).map(withHostMask);
  const unmark = ingressRemovals(groups);
  const commands = [
    ...vips.map((vip) => `ExecStart=/usr/sbin/ip address replace ${vip} dev lo`),
    ...(unmark.length === 0 ? [] : [`ExecStart=/usr/sbin/tc -batch ${layout.ingressRules}`]),
    ...unmark.map((args) => `ExecStop=-/usr/sbin/tc ${args}`),
    ...vips.map((vip) => `ExecStop=/usr/sbin/ip address delete ${vip} dev lo`),
  ];
  return `${made(node)}[Unit]
Description=Weir: the VIP on lo, so that this server takes what the director hands it
After=systemd-modules-load.service systemd-sysctl.service systemd-tmpfiles-setup.service network.target
Before=network-online.target keepalived.service redis-server.service

[Service]
Type=oneshot
RemainAfterExit=yes
${commands.join('\n')}
CapabilityBoundingSet=CAP_NET_ADMIN
RestrictAddressFamilies=AF_NETLINK
IPAddressDeny=any
MemoryDenyWriteExecute=yes
PrivateTmp=yes
${SANDBOX}
[Install]
WantedBy=multi-user.target
`;
}

/** A path as a unit names it: quoted where it must be, so that it is one word whatever is in it (systemd.syntax(7)). */
function inUnit(path: string): string {
  if (/^[\w./-]+$/.test(path)) return path;
  const escaped = path.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('\n', '\\n');
  return `"${escaped}"`;
}

/** @param stateDir of weir.yaml, absolute. */
export function nodeUnit(node: string, stateDir: string, layout: Layout): string {
  const own = stateDir === USUAL_STATE_DIR ? [] : [inUnit(`-${stateDir}`)];
  return `${made(node)}[Unit]
Description=Weir on node ${node}: watches this server, and alone touches its LVS table
After=network-online.target weir-address.service keepalived.service
${START}ExecStart=${PROGRAM} node --name ${node}
${SECRETS}# Leases live there: nothing is let go of when this process ends.
StateDirectory=weir
StateDirectoryMode=0700
ReadWritePaths=${[`-${layout.run.folder}`, ...own].join(' ')}
# Root, because keepalived is: its signal, its dump and its track files are root's. Of root's powers the one for LVS.
CapabilityBoundingSet=CAP_NET_ADMIN
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
# No PrivateTmp: it would hide the dump of a keepalived that still writes it to /tmp.
${SANDBOX}MemoryMax=512M
TasksMax=128
# Killed before keepalived and Redis, which have 0 and less.
OOMScoreAdjust=200

[Install]
WantedBy=multi-user.target
`;
}

/** The same on every host. */
export function workerUnit(): string {
  return `# Made by \`weir render --worker\`.
[Unit]
Description=Weir: decides and tells
After=network-online.target
${START}ExecStart=${PROGRAM} worker
${SECRETS}# A user that is there only while it runs, and may do nothing.
DynamicUser=yes
CapabilityBoundingSet=
PrivateUsers=yes
# Its recording is below $XDG_STATE_HOME: leave state_dir out of weir.yaml.
StateDirectory=weir-worker
StateDirectoryMode=0700
Environment=XDG_STATE_HOME=%S/weir-worker
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
ProtectProc=invisible
ProcSubset=pid
${SANDBOX}MemoryMax=1G
TasksMax=128
OOMScoreAdjust=200

[Install]
WantedBy=multi-user.target
`;
}

/**
 * Has keepalived write its dump where weir.yaml says: by itself it does so in /tmp, where every local user may put files.
 * In force from keepalived's next start on.
 */
export function keepalivedDropIn(node: string, dumpFile: string): string {
  const folder = dirname(dumpFile);
  const own = /^\/run\/([^/]+)$/.exec(folder)?.[1];
  return `${made(node)}[Service]
# Where it writes its state when it is asked.
Environment=TMPDIR=${folder}
${own === undefined ? '' : `RuntimeDirectory=${own}\nRuntimeDirectoryMode=0700\n`}`;
}
