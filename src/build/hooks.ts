/** What keepalived.conf needs so that Weir can move the VIP and is woken up. Pure. */

import { posix } from 'node:path';
import { type RunFiles, runFiles } from '../model/run-files.ts';
import type { ExistingInstance, ExistingServer } from './existing.ts';
import { tmpfiles } from './system.ts';

export interface Hooks {
  /** keepalived.run_dir of weir.yaml. */
  readonly runDir: string;
  /** What Weir cannot do yet, and why. A sentence each. */
  readonly remarks: readonly string[];
  /** What to add where, line by line; empty when nothing is missing. */
  readonly additions: readonly string[];
}

/**
 * @param instances those that have a pool's VIP: each must follow the file, or only a part of the VIPs would move.
 * @param isSwapped whether notify programs put other files in the place of keepalived.conf.
 */
export function hooksOf(server: ExistingServer, instances: readonly ExistingInstance[], isSwapped: boolean): Hooks {
  const followed = (name: string) => instances.map(({ trackFiles }) => trackFiles.find((one) => one.name === name));
  const [name, handover] =
    [...server.trackFiles].find(
      ([name, { path }]) => posix.basename(path) === 'handover' && followed(name).every((one) => one !== undefined),
    ) ?? [];
  const run = runFiles(handover === undefined ? '/run/weir' : posix.dirname(handover.path));
  const fifos = [
    fifo('vrrp_notify_fifo', run.vrrpFifo, server.vrrpFifo),
    fifo('lvs_notify_fifo', run.lvsFifo, server.lvsFifo),
  ];
  const globals = fifos.flatMap(({ lines }) => lines);
  const remarks = fifos.flatMap((one) => one.remarks);
  const conf: string[] = [];
  if (globals.length > 0) {
    remarks.push(
      'Weir sees a change of VRRP or of a real server only at its next poll: keepalived writes no FIFO for it.',
    );
    conf.push('global_defs {', ...globals.map((line) => `  ${line}`), '}');
  }
  if (handover === undefined) {
    remarks.push(
      `Weir cannot move the VIP yet: ${instances.map(({ name }) => name).join(' and ')} must follow the track file ${run.handover}.`,
    );
    conf.push('track_file handover {', `  file ${run.handover}`, '  weight 1', '}');
    for (const { name } of instances)
      conf.push(`# and inside vrrp_instance ${name}:`, 'track_file {', '  handover', '}');
    const grouped = instances.filter(({ name }) => server.syncGroups.some((group) => group.includes(name)));
    if (grouped.length > 0) {
      remarks.push(
        `${grouped.map(({ name }) => name).join(' and ')}: in a vrrp_sync_group keepalived takes a track file with a weight only where the group has sync_group_tracking_weight.`,
      );
    }
  }
  const odd = followed(name ?? '').find((one) => one !== undefined && (one.weight ?? handover?.weight) !== 1);
  if (odd !== undefined) {
    remarks.push(
      `MEND: the track file ${odd.name} has weight ${odd.weight ?? handover?.weight}, and Weir counts on 1: it writes how far the priority must go down.`,
    );
  }
  return { runDir: run.folder, remarks, additions: conf.length === 0 ? [] : additions(run, conf, isSwapped) };
}

/** keepalived has one FIFO of each kind. */
function fifo(keyword: string, wanted: string, now?: string): { readonly lines: string[]; readonly remarks: string[] } {
  if (now === wanted) return { lines: [], remarks: [] };
  if (now === undefined) return { lines: [`${keyword} ${wanted}`], remarks: [] };
  const remark = `keepalived writes its ${keyword} to ${now} already and has no second one, so Weir sees such changes at its next poll only.`;
  return { lines: [], remarks: [remark] };
}

function additions(run: RunFiles, conf: readonly string[], isSwapped: boolean): string[] {
  const where = `In keepalived.conf${isSwapped ? ' and in every file that the notify programs put in its place' : ''}`;
  const files = tmpfiles('', [], run)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return [
    'To mend that, on every node. In /etc/tmpfiles.d/weir.conf, then `systemd-tmpfiles --create weir.conf`:',
    ...files.map((line) => `    ${line}`),
    `${where}, then \`keepalived --config-test\` and \`systemctl reload keepalived\`:`,
    ...conf.map((line) => `    ${line}`),
  ];
}
