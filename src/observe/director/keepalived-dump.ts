/** keepalived on this node: whether it is alive, and what its fresh dump says. */

import { lstatSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type PlainFileLimits, withPlainFile } from '../../lib/files/plain-file.ts';
import { CommandError, createRun, type Run } from '../../lib/run-program.ts';
import type { KeepalivedConfig } from '../../model/configuration/config.ts';
import { messageOf } from '../../model/error.ts';
import { keepalivedPid } from './keepalived-pid.ts';
import { parseDump, type VrrpInstance } from './vrrp-dump.ts';

/** SIGRTMIN+2 with glibc; asked from keepalived where that can be done (T7). */
const USUAL_SIGNAL = 36;

/** Not oftener: where the processor is scarce, looking would take from keepalived what it needs to write. */
const LOOK_EVERY_MS = 25;

/** The clock of file times is coarse: a dump may seem this much older than the signal that asked for it, in ms. */
const CLOCK_GRAIN_MS = 10;

/** keepalived writes as root; a test's stand-in as whoever runs the test. A dump of two hundred instances has 600 kB. */
export const DUMP_LIMITS: PlainFileLimits = { owners: [0, process.geteuid?.() ?? 0], maxBytes: 4 * 1024 * 1024 };

const DUMP_TROUBLE: Readonly<Record<string, string>> = {
  EACCES: 'no permission: run the node as root',
  ENOENT: 'it does not exist',
  ELOOP: 'it is a link: somebody has put it in its place',
  ENXIO: 'it is no plain file: somebody has put something in its place',
};

/** Where keepalived says who it is and how it does. */
export type KeepalivedFiles = Pick<KeepalivedConfig, 'pidFile' | 'dumpFile'>;

export interface Dump {
  readonly alive: boolean;
  /** Absent: no fresh and whole dump came in time. */
  readonly instances?: readonly VrrpInstance[];
  /** None came, from a keepalived that has written dumps since it started. */
  readonly hangs?: boolean;
  readonly trouble?: string;
}

export interface KeepalivedReader {
  /** One dump for all pools of the node. Never throws; ends within `timeoutMs`. */
  dump(timeoutMs: number): Promise<Dump>;
}

/** The number of keepalived's JSON signal, asked once; with a sentence where it could not be asked. */
export async function askSignal(
  run: Run = createRun(),
): Promise<{ readonly signal: number; readonly trouble?: string }> {
  try {
    const signal = Number((await run('keepalived', ['--signum=JSON'])).trim());
    if (Number.isInteger(signal) && signal > 31 && signal < 65) return { signal };
    return {
      signal: USUAL_SIGNAL,
      trouble: 'This keepalived cannot dump its state as JSON: its VRRP state is not known.',
    };
  } catch (error) {
    const isNotInstalled = error instanceof CommandError && error.isNotInstalled;
    const why = isNotInstalled ? 'keepalived is not installed.' : messageOf(error);
    return { signal: USUAL_SIGNAL, trouble: `keepalived --signum=JSON failed: ${why}` };
  }
}

export function createKeepalivedReader(input: {
  readonly keepalived: KeepalivedFiles;
  readonly procRoot?: string;
  readonly signal: number;
  /** poll.stale_after in ms: so long the last dump speaks for a keepalived that has not written the next one yet. */
  readonly staleAfterMs: number;
}): KeepalivedReader {
  const { keepalived, procRoot = '/proc', signal, staleAfterMs } = input;
  const file = createDumpFile(keepalived);
  const notRunning: Dump = { alive: false, trouble: `keepalived is not running (${keepalived.pidFile}).` };
  const runningPid = () => keepalivedPid(keepalived.pidFile, procRoot);
  const isRunning = () => lastPid !== undefined && runningPid() === lastPid;
  let lastPid: number | undefined;
  /** Since when it is known to run, on the clock of files. */
  let aliveSinceMs = 0;

  /**
   * The dump that was asked for; when it is late the one before, while that is not stale. Measured in the lab: a
   * keepalived whose host is busy takes half a second now and then, and is then neither hung nor another's BACKUP.
   */
  async function freshDump(askedAtMs: number, untilMs: number): Promise<readonly VrrpInstance[] | string> {
    let found = file.readSince(askedAtMs);
    while (typeof found === 'string' && performance.now() < untilMs && isRunning()) {
      await sleep(LOOK_EVERY_MS);
      found = file.readSince(askedAtMs);
    }
    if (typeof found !== 'string') return found;
    return file.lastSince(Math.max(aliveSinceMs, askedAtMs - staleAfterMs)) ?? found;
  }

  return {
    async dump(timeoutMs) {
      const untilMs = performance.now() + timeoutMs;
      const pid = runningPid();
      if (pid !== lastPid) {
        // What another keepalived wrote says nothing about this one.
        file.forget();
        lastPid = pid;
        aliveSinceMs = Date.now();
      }
      if (pid === undefined) return notRunning;
      const askedAtMs = Date.now();
      const notAsked = askForDump(pid, signal);
      if (notAsked !== undefined) return notAsked;
      const found = await freshDump(askedAtMs, untilMs);
      if (!isRunning()) return notRunning;
      if (typeof found !== 'string') return { alive: true, instances: found };
      return withoutDump(found, keepalived.dumpFile, file.hasWritten());
    },
  };
}

/** Sends the signal; a Dump without instances where it could not be sent. */
function askForDump(pid: number, signal: number): Dump | undefined {
  try {
    process.kill(pid, signal);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EPERM' ? 'no permission: run the node as root' : messageOf(error);
    return { alive: code !== 'ESRCH', trouble: `keepalived cannot be asked for its state: ${why}.` };
  }
}

function withoutDump(why: string, path: string, hasWritten: boolean): Dump {
  const seen = `keepalived wrote no fresh dump to ${path} (${why})`;
  if (hasWritten) return { alive: true, hangs: true, trouble: `${seen}, and it has written there before: it hangs.` };
  const reasons = 'it has no vrrp_instance, writes elsewhere (keepalived.dump_file), or hangs since it started';
  return { alive: true, trouble: `${seen}: ${reasons}. Its state is not known.` };
}

/** The file that one keepalived writes its dumps to, and the last whole dump that was read there. */
interface DumpFile {
  /** A dump that was written at `sinceMs` or later; else why there is none. */
  readSince(sinceMs: number): readonly VrrpInstance[] | string;
  /** The last dump, of this call or of those before, when it was written at `sinceMs` or later. */
  lastSince(sinceMs: number): readonly VrrpInstance[] | undefined;
  /** Whether this keepalived writes its dumps here. */
  hasWritten(): boolean;
  /** Another keepalived runs now. */
  forget(): void;
}

function createDumpFile({ dumpFile, pidFile }: KeepalivedFiles): DumpFile {
  let last: { readonly writtenAtMs: number; readonly instances: readonly VrrpInstance[] } | undefined;

  function readSince(sinceMs: number): readonly VrrpInstance[] | string {
    try {
      return withPlainFile(dumpFile, DUMP_LIMITS, (file, { mtimeMs }) => {
        if (mtimeMs + CLOCK_GRAIN_MS < sinceMs) return 'it was not written';
        // The clock was set back since: this dump would count as fresh until that time has come.
        if (isToCome(mtimeMs)) return 'it is from a time that is still to come';
        const instances = parseDump(readFileSync(file, 'utf8'));
        if (instances === undefined) return 'it is empty or torn';
        last = { writtenAtMs: mtimeMs, instances };
        return instances;
      });
    } catch (error) {
      return DUMP_TROUBLE[(error as NodeJS.ErrnoException).code ?? ''] ?? messageOf(error);
    }
  }

  return {
    readSince,
    lastSince(sinceMs) {
      readSince(sinceMs); // The dump that was late for the poll before.
      return last !== undefined && last.writtenAtMs >= sinceMs && !isToCome(last.writtenAtMs)
        ? last.instances
        : undefined;
    },
    /**
     * keepalived writes its pid file when it starts. One that never wrote a dump may be well all the same: without a
     * vrrp_instance there is no dump, and $TMPDIR, PrivateTmp and json_dump_file move it (T5).
     */
    hasWritten() {
      if (last !== undefined) return true;
      try {
        const dump = lstatSync(dumpFile);
        return dump.isFile() && dump.mtimeMs >= lstatSync(pidFile).mtimeMs;
      } catch {
        return false;
      }
    },
    forget() {
      last = undefined;
    },
  };
}

function isToCome(writtenAtMs: number): boolean {
  return writtenAtMs - CLOCK_GRAIN_MS > Date.now();
}
