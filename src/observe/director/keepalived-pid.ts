import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Returns the pid of keepalived's parent process; undefined when it does not run. The pid file outlives a keepalived that
 * was killed, and its number may be another process by now, which signal 36 would end (docs/hazards.md#t3).
 */
export function keepalivedPid(pidFile: string, procRoot = '/proc'): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8').trim());
    // The name and state of the process (proc.5). A zombie has ended; its parent has not asked for its exit code yet.
    const stat = readFileSync(join(procRoot, String(pid), 'stat'), 'utf8');
    return pid > 1 && /^\d+ \(keepalived\) [^ZX]/.test(stat) ? pid : undefined;
  } catch {
    return undefined;
  }
}
