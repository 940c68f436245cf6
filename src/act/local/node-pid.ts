/** The pid file of the node process: one process per state_dir, known by its pid and its start time. */

import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureOwnFolder } from '../../lib/files/own-folder.ts';
import { WeirError } from '../../model/error.ts';

const fileIn = (stateDir: string) => join(stateDir, 'node.pid');

/** The pid of the node that runs on this state_dir; undefined when none does. */
export async function livingNode(stateDir: string): Promise<number | undefined> {
  const text = await readFile(fileIn(stateDir), 'utf8').catch(() => '');
  const [pid, started] = text.trim().split(' ');
  if (pid === undefined || !/^\d+$/.test(pid)) return undefined;
  return (await startTime(pid)) === started ? Number(pid) : undefined;
}

/** Makes this process the node of the state_dir. Throws a WeirError when another one is. */
export async function claimNode(stateDir: string): Promise<void> {
  await ensureOwnFolder(stateDir);
  const own = `${fileIn(stateDir)}.${process.pid}`;
  await writeFile(own, `${process.pid} ${await startTime(String(process.pid))}\n`, { mode: 0o644 });
  try {
    await claim(stateDir, own);
  } finally {
    await rm(own, { force: true });
  }
}

async function claim(stateDir: string, own: string): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      // A link appears with its content, so that nobody ever reads an empty file.
      await link(own, fileIn(stateDir));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const otherPid = await livingNode(stateDir);
    if (otherPid !== undefined) {
      throw new WeirError('refused', `A weir node (pid ${otherPid}) already runs on ${stateDir}: stop it first.`);
    }
    await rm(fileIn(stateDir), { force: true });
  }
  throw new WeirError('refused', `Another weir node is starting on ${stateDir}: try again.`);
}

export async function releaseNode(stateDir: string): Promise<void> {
  if ((await livingNode(stateDir)) === process.pid) await rm(fileIn(stateDir), { force: true });
}

/** Field 22 of /proc/<pid>/stat (proc(5)): a pid that is used again has another one. */
async function startTime(pid: string): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the program's name in parentheses and may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}
