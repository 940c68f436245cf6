import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { descendants } from '../../lab/machine/processes.ts';

/** Ends a process and all below it: keepalived's children do not always go with it. */
export async function endWithChildren(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const below = descendants(child.pid);
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  for (const pid of below) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has gone with its parent.
    }
  }
}
