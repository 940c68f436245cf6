/** Finds what keepalived.conf needs so that Weir can move the VIP and is woken up. Pure. */

import { posix } from 'node:path';
import { handoverName, type RunFiles, runFiles } from '../../model/configuration/run-files.ts';
import type { ExistingServer } from '../init/existing/existing.ts';
import type { ExistingInstance } from '../init/existing/instance.ts';
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
 * @param instances those that have a pool's VIP: each must follow its file, or only a part of the VIPs could be moved.
 * @param isSwapped whether notify programs put other files in the place of keepalived.conf.
 */
export function hooksOf(server: ExistingServer, instances: readonly ExistingInstance[], isSwapped: boolean): Hooks {
  const count = new Set(instances.map((instance) => `${instance.interface} ${instance.routerId}`)).size;
  const wanted = instances.map((instance) => ({ instance, name: handoverName(instance, count) }));
  const following = wanted.map(({ instance, name }) => followedBy(server, instance, name));
  const folders = new Set(following.map((followed) => followed && posix.dirname(followed.file.path)));
  const [folder] = folders;
  const complete = folders.size === 1 && folder !== undefined;
  // Where there is a file for all of them, each one's own goes beside it.
  const old = [...server.trackFiles.values()].find(({ path }) => posix.basename(path) === 'handover');
  const beside = complete ? folder : old && posix.dirname(old.path);
  const run = runFiles(beside ?? '/run/weir');
  const fifos = [
    fifo('vrrp_notify_fifo', run.vrrpFifo, server.vrrpFifo),
    fifo('lvs_notify_fifo', run.lvsFifo, server.lvsFifo),
  ];
  const globals = fifos.flatMap(({ lines }) => lines);
  const remarks = fifos.flatMap((fifo) => fifo.remarks);
  const conf: string[] = [];
  if (globals.length > 0) {
    remarks.push(
      'Weir sees a change of VRRP or of a real server only at its next poll: keepalived writes no FIFO for it.',
    );
    conf.push('global_defs {', ...globals.map((line) => `  ${line}`), '}');
  }
  if (!complete) {
    const each = wanted.map(
      ({ instance, name }) => `${instance.name} must follow the track file ${run.folder}/${name}`,
    );
    const alone = count > 1 ? ' Each has its own: with one file the VIPs of all would move together.' : '';
    remarks.push(`Weir cannot move the VIP yet: ${each.join(', ')}.${alone}`);
    for (const name of new Set(wanted.map((file) => file.name)))
      conf.push(`track_file ${name} {`, `  file ${run.folder}/${name}`, '  weight 1', '}');
    for (const { instance, name } of wanted)
      conf.push(`# and inside vrrp_instance ${instance.name}:`, 'track_file {', `  ${name}`, '}');
    const grouped = instances.filter(({ name }) => server.syncGroups.some((group) => group.includes(name)));
    if (grouped.length > 0) {
      remarks.push(
        `${grouped.map(({ name }) => name).join(' and ')}: in a vrrp_sync_group keepalived takes a track file with a weight only where the group has sync_group_tracking_weight.`,
      );
    }
  }
  const odd = complete ? following.find((followed) => followed !== undefined && followed.weight !== 1) : undefined;
  if (odd !== undefined) {
    remarks.push(
      `MEND: the track file ${odd.name} has weight ${odd.weight}, and Weir counts on 1: it writes how far the priority must go down.`,
    );
  }
  const files = [...new Set(wanted.map(({ name }) => `${run.folder}/${name}`))];
  return { runDir: run.folder, remarks, additions: conf.length === 0 ? [] : additions(run, files, conf, isSwapped) };
}

/** The track file of this file name that the instance follows, and what its number is multiplied with there. */
function followedBy(server: ExistingServer, instance: ExistingInstance, fileName: string) {
  for (const { name, weight } of instance.trackFiles) {
    const file = server.trackFiles.get(name);
    if (file === undefined || posix.basename(file.path) !== fileName) continue;
    return { name, file, weight: weight ?? file.weight };
  }
  return undefined;
}

/** keepalived has one FIFO of each kind. */
function fifo(keyword: string, wanted: string, now?: string): { readonly lines: string[]; readonly remarks: string[] } {
  if (now === wanted) return { lines: [], remarks: [] };
  if (now === undefined) return { lines: [`${keyword} ${wanted}`], remarks: [] };
  const remark = `keepalived writes its ${keyword} to ${now} already and has no second one, so Weir sees such changes at its next poll only.`;
  return { lines: [], remarks: [remark] };
}

function additions(run: RunFiles, handovers: readonly string[], conf: readonly string[], isSwapped: boolean): string[] {
  const where = `In keepalived.conf${isSwapped ? ' and in every file that the notify programs put in its place' : ''}`;
  const files = tmpfiles('', [], run, undefined, [...handovers])
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return [
    'To mend that, on every node. In /etc/tmpfiles.d/weir.conf, then `systemd-tmpfiles --create weir.conf`:',
    ...files.map((line) => `    ${line}`),
    `${where}, then \`keepalived --config-test\` and \`systemctl reload keepalived\`:`,
    ...conf.map((line) => `    ${line}`),
  ];
}
