/** The folder of keepalived.run_dir, made as systemd-tmpfiles does at a boot. */

import { lstat, mkdir } from 'node:fs/promises';
import { writeHandover } from '../handover-file.ts';
import { WeirError } from '../model/error.ts';
import type { RunFiles } from '../model/run-files.ts';
import type { Machine, Say } from './machine.ts';

/** Leaves what is there: the handover file has the number that it has, and a FIFO somebody who reads it. */
export async function makeRunFolder(run: RunFiles, machine: Pick<Machine, 'run'>, say: Say): Promise<void> {
  await mkdir(run.folder, { recursive: true, mode: 0o755 });
  if (!(await statOf(run.handover))) {
    await writeHandover(run.handover, 0);
    say(`${run.handover} made.`);
  }
  for (const fifo of [run.vrrpFifo, run.lvsFifo]) {
    const found = await statOf(fifo);
    if (found?.isFIFO()) continue;
    if (found)
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
