/**
 * What a node of the bench has of LVS and keepalived: stand-ins in a folder of its own. The table is a file that is
 * mounted over /proc/net of the one node process, in a mount namespace that goes with it; /usr/sbin is empty there, so
 * that the ipvsadm of this machine can never be meant.
 */

import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runFiles } from '../../../src/model/configuration/run-files.ts';
import { compiled } from '../../paths.ts';
import type { Program, Programs } from './programs.ts';
import { netFolder, writeBenchTable } from './table.ts';

export interface Director {
  readonly folder: string;
  /** keepalived's stand-in. */
  readonly keepalived: Program;
  readonly files: { readonly pid_file: string; readonly dump_file: string; readonly run_dir: string };
  /** First in PATH of the node. */
  readonly bin: string;
  /** The arguments that start a node program with these stand-ins. */
  wrap(argv: readonly string[], state?: { readonly folder: string; readonly bytes: number }): string[];
  /** The files that keepalived writes are as much ahead as the clock of its machine. */
  setClock(aheadMs: number): Promise<void>;
  /** ipvsadm is not installed, or is again. */
  install(present: boolean): Promise<void>;
}

/** The pid stays the same through all of it. */
const ENTER = `
mount --bind "$1" /proc/$$/net || exit 97
for folder in /usr/sbin /sbin; do [ -L "$folder" ] || mount -t tmpfs none "$folder" || exit 98; done
[ "$2" = - ] || mount -t tmpfs -o "size=$3,mode=700" none "$2" || exit 99
shift 3
exec "$@"`;

/** A process by the name of keepalived that writes the dump it is told to, when it is asked with keepalived's signal. */
const KEEPALIVED = `#!/usr/bin/perl
use strict;
if ("@ARGV" =~ /--signum=JSON/) { print "36\\n"; exit 0; }
my ($from, $to) = @ARGV;
$SIG{NUM36} = sub {
  open(my $in, '<', $from) or return; local $/; my $text = <$in>; close $in;
  open(my $out, '>', $to) or return; print $out $text; close $out;
  if (open(my $clock, '<', "$from.ahead")) {
    require Time::HiRes;
    my $at = Time::HiRes::time() + <$clock>;
    Time::HiRes::utime($at, $at, $to);
  }
};
$| = 1; print "ready\\n";
while (1) { sleep 3600 }
`;

export async function createDirector(
  programs: Programs,
  input: { name: string; dir: string; service: string; destinations: readonly string[]; isMaster: boolean },
): Promise<Director> {
  const folder = join(input.dir, `director-${input.name}`);
  const [bin, run] = [join(folder, 'bin'), join(folder, 'run')];
  for (const each of [bin, run, netFolder(folder)]) await mkdir(each, { recursive: true });
  const rows = Object.fromEntries(input.destinations.map((one) => [one, { weight: 100, upper: 0, lower: 0 }]));
  writeBenchTable(folder, { service: input.service, rows });
  await writeFile(join(netFolder(folder), 'ip_vs_stats'), STATS);

  const tool = join(bin, 'ipvsadm');
  const install = async (present: boolean) => {
    if (!present) return rm(tool);
    const program = compiled('lab/chaos/stand-ins/ipvsadm.js');
    await writeFile(tool, `#!/bin/sh\nexec '${process.execPath}' '${program}' '${folder}' "$@"\n`);
    await chmod(tool, 0o755);
  };
  await install(true);
  const { vrrpFifo, lvsFifo } = runFiles(run);
  execFileSync('mkfifo', ['-m', '600', vrrpFifo, lvsFifo]);
  const source = join(folder, 'dump-source.json');
  await writeFile(source, dumpOf(input.service.split(':')[0] ?? '', input.isMaster));
  await writeFile(join(bin, 'keepalived'), KEEPALIVED);
  await chmod(join(bin, 'keepalived'), 0o755);
  const files = { pid_file: join(folder, 'keepalived.pid'), dump_file: join(folder, 'keepalived.json'), run_dir: run };
  const keepalived = programs.start(`keepalived-${input.name}`, [join(bin, 'keepalived'), source, files.dump_file]);
  await keepalived.says(/ready/, 5_000);
  await writeFile(files.pid_file, `${keepalived.pid}\n`);
  return {
    folder,
    keepalived,
    files,
    bin,
    install,
    setClock: (aheadMs) =>
      aheadMs === 0 ? rm(`${source}.ahead`) : writeFile(`${source}.ahead`, String(aheadMs / 1_000)),
    wrap(argv, state) {
      const enter = process.getuid?.() === 0 ? ['unshare', '-m'] : ['unshare', '-rm'];
      const disk = state === undefined ? ['-', '-'] : [state.folder, String(state.bytes)];
      return [...enter, 'sh', '-c', ENTER, 'sh', netFolder(folder), ...disk, ...argv];
    },
  };
}

function dumpOf(vip: string, isMaster: boolean): string {
  const data = {
    iname: 'VI_1',
    state: isMaster ? 2 : 1,
    ifp_ifname: 'lo',
    vips: [`${vip} dev lo scope global set`],
    effective_priority: isMaster ? 254 : 250,
    nopreempt: true,
  };
  return JSON.stringify([{ data, stats: { advert_rcvd: 1 } }]);
}

/** /proc/net/ip_vs_stats. */
export const STATS = [
  '   Total Incoming Outgoing         Incoming         Outgoing',
  '   Conns  Packets  Packets            Bytes            Bytes',
  '       1        1        0                1                0',
  '',
  ' Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s',
  '       0        0        0                0                0',
  '',
].join('\n');
