/** Makes the folder of keepalived.run_dir, as systemd-tmpfiles does at a boot. */

import { lstat, mkdir } from 'node:fs/promises';
import { writeTrackFile } from '../../lib/files/track-file.ts';
import type { RunFiles } from '../../model/configuration/run-files.ts';
import { WeirError } from '../../model/error.ts';
import type { Group } from '../render/groups.ts';
import { handoverFilesOf, weightFilesOf } from '../render/system.ts';
import type { Machine, Say } from './machine.ts';

/** Leaves what is there: the number in a track file counts, and somebody reads a FIFO. */
export async function makeRunFolder(
  groups: readonly Group[],
  run: RunFiles,
  machine: Pick<Machine, 'run'>,
  say: Say,
): Promise<void> {
  await mkdir(run.folder, { recursive: true, mode: 0o755 });
  for (const track of [...handoverFilesOf(groups, run), ...weightFilesOf(groups, run)]) {
    if (await statOf(track)) continue;
    await writeTrackFile(track, 0);
    say(`${track} made.`);
  }
  for (const fifo of [run.vrrpFifo, run.lvsFifo]) {
    const stats = await statOf(fifo);
    if (stats?.isFIFO()) continue;
    if (stats)
      throw new WeirError('system', `${fifo} is no FIFO: move it away, keepalived would write into it for ever.`);
    await machine.run('mkfifo', ['--mode=600', fifo]);
    say(`${fifo} made.`);
  }
}

async function statOf(path: string) {
  return lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
