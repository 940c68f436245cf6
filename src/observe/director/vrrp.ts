/** This node's VRRP side: is keepalived alive, what does its fresh dump say, where is the VIP. */

import { lstatSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type PlainFileLimits, withPlainFile } from '../../lib/files/plain-file.ts';
import { CommandError, createRun, type Run } from '../../lib/run-program.ts';
import type { KeepalivedConfig, PoolConfig } from '../../model/configuration/config.ts';
import { messageOf } from '../../model/error.ts';
import type { Signals, SignalValue } from '../../model/readings/signals.ts';
import { createCounterWindow } from '../window.ts';
import { devicesWith, isAskedFor } from './devices.ts';
import { keepalivedPid } from './keepalived-pid.ts';
import { deviceOf, instanceWith, isMaster, parseDump, type VrrpInstance, verdict } from './vrrp-dump.ts';

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
  const runningPid = () => keepalivedPid(keepalived.pidFile, procRoot);
  const isRunning = () => lastPid !== undefined && runningPid() === lastPid;
  const notRunning: Dump = { alive: false, trouble: `keepalived is not running (${keepalived.pidFile}).` };
  let lastPid: number | undefined;
  /** Since when it is known to run, on the clock of files. */
  let aliveSinceMs = 0;
  let last: { readonly writtenAtMs: number; readonly instances: readonly VrrpInstance[] } | undefined;

  /** A dump that was written at `sinceMs` or later; else in words what there is. */
  function dumpSince(sinceMs: number): readonly VrrpInstance[] | string {
    try {
      return withPlainFile(keepalived.dumpFile, DUMP_LIMITS, (file, { mtimeMs }) => {
        if (mtimeMs + CLOCK_GRAIN_MS < sinceMs) return 'it was not written';
        // Of a clock that was set back since: it would be taken for fresh until that time has come.
        if (mtimeMs - CLOCK_GRAIN_MS > Date.now()) return 'it is from a time that is still to come';
        const instances = parseDump(readFileSync(file, 'utf8'));
        if (instances === undefined) return 'it is empty or torn';
        last = { writtenAtMs: mtimeMs, instances };
        return instances;
      });
    } catch (error) {
      return DUMP_TROUBLE[(error as NodeJS.ErrnoException).code ?? ''] ?? messageOf(error);
    }
  }

  /**
   * The dump that was asked for; when it is late the one before, while that is not stale. Measured in the lab: a
   * keepalived whose host is busy takes half a second now and then, and is then neither hung nor another's BACKUP.
   */
  async function freshDump(askedAtMs: number, untilMs: number): Promise<readonly VrrpInstance[] | string> {
    let found = dumpSince(askedAtMs);
    while (typeof found === 'string' && performance.now() < untilMs && isRunning()) {
      await sleep(LOOK_EVERY_MS);
      found = dumpSince(askedAtMs);
    }
    if (typeof found !== 'string') return found;
    const sinceMs = Math.max(aliveSinceMs, askedAtMs - staleAfterMs);
    dumpSince(sinceMs); // The one that was late for the poll before.
    if (last !== undefined && last.writtenAtMs >= sinceMs && last.writtenAtMs - CLOCK_GRAIN_MS <= Date.now()) {
      return last.instances;
    }
    return found;
  }

  /**
   * Whether this keepalived writes its dumps here: it writes its pid file when it starts. One that never did may be as well
   * as any: without a vrrp_instance there is no dump, and $TMPDIR, PrivateTmp and json_dump_file move it (T5).
   */
  function hasWritten(): boolean {
    if (last !== undefined) return true;
    try {
      const dump = lstatSync(keepalived.dumpFile);
      const start = lstatSync(keepalived.pidFile);
      return dump.isFile() && dump.mtimeMs >= start.mtimeMs;
    } catch {
      return false;
    }
  }

  function withoutDump(why: string): Dump {
    const seen = `keepalived wrote no fresh dump to ${keepalived.dumpFile} (${why})`;
    if (hasWritten())
      return { alive: true, hangs: true, trouble: `${seen}, and it has written there before: it hangs.` };
    const reasons = 'it has no vrrp_instance, writes elsewhere (keepalived.dump_file), or hangs since it started';
    return { alive: true, trouble: `${seen}: ${reasons}. Its state is not known.` };
  }

  return {
    async dump(timeoutMs) {
      const untilMs = performance.now() + timeoutMs;
      const pid = runningPid();
      if (pid !== lastPid) {
        // What another keepalived wrote says nothing about this one.
        last = undefined;
        lastPid = pid;
        aliveSinceMs = Date.now();
      }
      if (pid === undefined) return notRunning;
      const askedAtMs = Date.now();
      try {
        process.kill(pid, signal);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        const why = code === 'EPERM' ? 'no permission: run the node as root' : messageOf(error);
        return { alive: code !== 'ESRCH', trouble: `keepalived cannot be asked for its state: ${why}.` };
      }
      const found = await freshDump(askedAtMs, untilMs);
      if (!isRunning()) return notRunning;
      return typeof found === 'string' ? withoutDump(found) : { alive: true, instances: found };
    },
  };
}

export interface DirectorReading {
  readonly signals: Signals;
  readonly troubles: readonly string[];
}

/** Turns a node's dump into one pool's director signals. */
export function createVrrpReader(input: {
  readonly pool: PoolConfig;
  /** The VRRP interface of this node. */
  readonly interface: string;
  readonly windowMs: number;
  readonly monotonic: () => number;
  /** The interfaces of this node that have an address; left out: asked from the kernel. */
  readonly devicesWith?: (address: string) => readonly string[];
}): { read(dump: Dump): DirectorReading } {
  const { pool, windowMs, monotonic } = input;
  const adverts = createCounterWindow(windowMs);
  const devices = input.devicesWith ?? devicesWith;
  /** Where keepalived said last that it puts the VIP; a killed one has left it there. */
  let device: string | undefined;

  function hasVip(): boolean {
    const having = devices(pool.vip.address);
    if (device !== undefined) return having.includes(device);
    return having.some((one) => one === input.interface || isAskedFor(one));
  }

  return {
    read(dump) {
      const { address } = pool.vip;
      const instance = dump.instances && instanceWith(dump.instances, address, pool.vrrp.virtualRouterId);
      if (dump.instances !== undefined) device = instance && deviceOf(instance, address);
      const vip = hasVip();
      const state = verdict({ alive: dump.alive, hangs: dump.hangs, state: instance?.state, vip });
      const signals: Record<string, SignalValue> = {
        ...(state !== undefined && { state }),
        keepalived: dump.alive,
        vip,
        ...(dump.instances !== undefined && { bystander: !dump.instances.some(isMaster) }),
      };
      const troubles = dump.trouble === undefined ? [] : [dump.trouble];
      if (instance === undefined) {
        if (dump.instances !== undefined) troubles.push(noInstance(dump.instances, address));
        return { signals, troubles };
      }
      if (instance.effectivePriority !== undefined) signals.priority = instance.effectivePriority;
      if (instance.nopreempt !== undefined) signals.nopreempt = instance.nopreempt;
      if (instance.lastTransition !== undefined) {
        signals.last_transition_seconds = Math.max(0, Date.now() / 1_000 - instance.lastTransition);
      }
      if (instance.advertsReceived !== undefined) {
        adverts.add(monotonic(), instance.advertsReceived);
        const rate = adverts.rate();
        if (rate !== undefined) signals.adverts_received_rate = rate;
      }
      return { signals, troubles };
    },
  };
}

/** So many VIPs of others are named. */
const OTHERS_SHOWN = 3;

function noInstance(instances: readonly VrrpInstance[], vip: string): string {
  const others = instances.flatMap(({ vips }) => vips.map((text) => text.split(/[\s/]/)[0]));
  const seen = others.length === 0 ? '' : `; it has ${others.slice(0, OTHERS_SHOWN).join(', ')}`;
  const more = others.length > OTHERS_SHOWN ? ` and ${others.length - OTHERS_SHOWN} more` : '';
  return `keepalived has no vrrp_instance with the VIP ${vip}${seen}${more}: what this node is for it is not known.`;
}
