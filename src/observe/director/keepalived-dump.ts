/** Asks keepalived on this node for a dump of its state, and tells whether it is alive. */

import { lstatSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type PlainFileLimits, withPlainFile } from '../../lib/files/plain-file.ts';
import { CommandError, createRun, type Run } from '../../lib/run-program.ts';
import type { KeepalivedConfig } from '../../model/configuration/config.ts';
import { messageOf } from '../../model/error.ts';
import type { VrrpInstance } from '../../model/readings/vrrp-instance.ts';
import { keepalivedPid } from './keepalived-pid.ts';
import { parseDump } from './vrrp-dump.ts';

/** SIGRTMIN+2 with glibc. keepalived itself says which signal it is, where it can be asked (docs/hazards.md#t7). */
const USUAL_SIGNAL = 36;

/** How often the file is looked at. Looking oftener would, on a busy machine, keep keepalived from writing it. */
const LOOK_EVERY_MS = 25;

/** File times are coarse: a dump may look this much older than the signal that asked for it, in ms. */
const CLOCK_GRAIN_MS = 10;

/** keepalived writes as root, and a test's stand-in as its user. A dump of two hundred instances has 600 kB. */
export const DUMP_LIMITS: PlainFileLimits = { owners: [0, process.geteuid?.() ?? 0], maxBytes: 4 * 1024 * 1024 };

const NOT_THERE = 'it does not exist';

const DUMP_TROUBLE: Readonly<Record<string, string>> = {
  EACCES: 'no permission: run the node as root',
  ENOENT: NOT_THERE,
  ELOOP: 'it is a link: somebody has put it in its place',
  ENXIO: 'it is no plain file: somebody has put something in its place',
};

/** keepalived's pid file, and the file that it writes its dump to. */
export type KeepalivedFiles = Pick<KeepalivedConfig, 'pidFile' | 'dumpFile' | 'bareDumpFile'>;

export interface Dump {
  readonly alive: boolean;
  /** Absent where no fresh and whole dump came in time. */
  readonly instances?: readonly VrrpInstance[];
  /** The file that they were read from. */
  readonly file?: string;
  /** No dump came, though this keepalived has written dumps since it started. */
  readonly hangs?: boolean;
  readonly trouble?: string;
}

export interface KeepalivedReader {
  /** Asks for one dump, which serves all pools of the node. Never throws, and ends within `timeoutMs`. */
  dump(timeoutMs: number): Promise<Dump>;
}

/** Asks keepalived once for the number of its JSON signal. `trouble` says why it could not be asked. */
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
  /** poll.stale_after in ms: while the next dump has not come, the last one counts for so long. */
  readonly staleAfterMs: number;
}): KeepalivedReader {
  const { keepalived, procRoot = '/proc', signal, staleAfterMs } = input;
  const file = createDumpFile(keepalived);
  const notRunning: Dump = { alive: false, trouble: `keepalived is not running (${keepalived.pidFile}).` };
  const runningPid = () => keepalivedPid(keepalived.pidFile, procRoot);
  const isRunning = () => lastPid !== undefined && runningPid() === lastPid;
  let lastPid: number | undefined;
  /** When this keepalived was first seen running, on the clock of file times. */
  let aliveSinceMs = 0;

  /**
   * Waits for the dump that was asked for. When it is late, the dump before it counts while that is not stale: in the lab
   * a keepalived on a busy host took half a second now and then, and was not hung.
   */
  async function freshDump(askedAtMs: number, untilMs: number): Promise<WrittenDump | string> {
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
        // A dump of the keepalived before says nothing about this one.
        file.forget();
        lastPid = pid;
        aliveSinceMs = Date.now();
      }
      if (pid === undefined) return notRunning;
      const askedAtMs = Date.now();
      const notAsked = askForDump(pid, signal);
      if (notAsked !== undefined) return notAsked;
      const fresh = await freshDump(askedAtMs, untilMs);
      if (!isRunning()) return notRunning;
      if (typeof fresh !== 'string') return { alive: true, instances: fresh.instances, file: fresh.file };
      return withoutDump(fresh, file.places, file.hasWritten());
    },
  };
}

/** Sends the signal. Returns a Dump without instances where that failed. */
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

function withoutDump(why: string, places: readonly string[], hasWritten: boolean): Dump {
  const seen = `keepalived wrote no fresh dump to ${places.join(' or ')} (${why})`;
  if (hasWritten) return { alive: true, hangs: true, trouble: `${seen}, and it has written there before: it hangs.` };
  const reasons = 'it has no vrrp_instance, writes elsewhere (keepalived.dump_file), or hangs since it started';
  return { alive: true, trouble: `${seen}: ${reasons}. Its state is not known.` };
}

interface WrittenDump {
  readonly file: string;
  readonly writtenAtMs: number;
  readonly instances: readonly VrrpInstance[];
}

/** The files that keepalived may write its dumps to, and the last whole dump that was read from one of them. */
interface DumpFile {
  readonly places: readonly string[];
  /** Reads a dump that was written at `sinceMs` or later; else says why there is none. */
  readSince(sinceMs: number): WrittenDump | string;
  /** Returns the last dump, read now or before, if it was written at `sinceMs` or later. */
  lastSince(sinceMs: number): WrittenDump | undefined;
  /** Whether this keepalived writes its dumps here. */
  hasWritten(): boolean;
  /** Forgets the last dump, since another keepalived runs now. */
  forget(): void;
}

function createDumpFile({ dumpFile, bareDumpFile, pidFile }: KeepalivedFiles): DumpFile {
  const places = [dumpFile, ...(bareDumpFile === undefined ? [] : [bareDumpFile])];
  let last: WrittenDump | undefined;

  /** By which one is fresh and not by which one is there: the file of a keepalived that was started otherwise stays behind. */
  function readSince(sinceMs: number): WrittenDump | string {
    let why = NOT_THERE;
    for (const place of places) {
      const dump = readDump(place, sinceMs);
      if (typeof dump !== 'string') {
        last = dump;
        return dump;
      }
      if (why === NOT_THERE) why = dump;
    }
    return why;
  }

  return {
    places,
    readSince,
    lastSince(sinceMs) {
      readSince(sinceMs); // The dump that was late for the poll before.
      return last !== undefined && last.writtenAtMs >= sinceMs && !isToCome(last.writtenAtMs) ? last : undefined;
    },
    /**
     * Compares with the pid file, which keepalived writes when it starts. A keepalived that never wrote a dump may be well:
     * without a vrrp_instance there is none, and $TMPDIR, PrivateTmp and json_dump_file move it (docs/hazards.md#t5).
     */
    hasWritten() {
      if (last !== undefined) return true;
      return places.some((place) => {
        try {
          const dump = lstatSync(place);
          const isItsOwn = dump.isFile() && DUMP_LIMITS.owners.includes(dump.uid);
          return isItsOwn && dump.mtimeMs >= lstatSync(pidFile).mtimeMs;
        } catch {
          return false;
        }
      });
    },
    forget() {
      last = undefined;
    },
  };
}

/** The dump in a file, if it was written at `sinceMs` or later and is whole; else why it is none. */
function readDump(path: string, sinceMs: number): WrittenDump | string {
  try {
    return withPlainFile(path, DUMP_LIMITS, (file, { mtimeMs }) => {
      if (mtimeMs + CLOCK_GRAIN_MS < sinceMs) return 'it was not written';
      // The clock was set back since. This dump would count as fresh until that time has come.
      if (isToCome(mtimeMs)) return 'it is from a time that is still to come';
      const instances = parseDump(readFileSync(file, 'utf8'));
      if (instances === undefined) return 'it is empty or torn';
      return { file: path, writtenAtMs: mtimeMs, instances };
    });
  } catch (error) {
    return DUMP_TROUBLE[(error as NodeJS.ErrnoException).code ?? ''] ?? messageOf(error);
  }
}

function isToCome(writtenAtMs: number): boolean {
  return writtenAtMs - CLOCK_GRAIN_MS > Date.now();
}
