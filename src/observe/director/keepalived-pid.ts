import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The pid of keepalived's parent process; undefined when it does not run. The pid file outlives a killed keepalived, and
 * its number may be another's by now: signal 36 would end that (T3).
 */
export function keepalivedPid(pidFile: string, procRoot = '/proc'): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8').trim());
    // Its name and state (proc.5). A zombie has ended, and only nobody has asked how.
    const stat = readFileSync(join(procRoot, String(pid), 'stat'), 'utf8');
    return pid > 1 && /^\d+ \(keepalived\) [^ZX]/.test(stat) ? pid : undefined;
  } catch {
    return undefined;
  }
}
