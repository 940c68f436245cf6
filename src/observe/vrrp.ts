/** This node's VRRP side: is keepalived alive, what does its fresh dump say, where is the VIP. */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { KeepalivedConfig, PoolConfig } from '../model/config.ts';
import { messageOf } from '../model/error.ts';
import type { Signals, SignalValue } from '../model/reading.ts';
import { type PlainFileLimits, withPlainFile } from '../plain-file.ts';
import { sameAddress } from './ip-vs.ts';
import { isMaster, parseDump, type VrrpInstance, verdict } from './vrrp-dump.ts';
import { createCounterWindow } from './window.ts';

/** SIGRTMIN+2 with glibc; asked from keepalived where that can be done (T7). */
const USUAL_SIGNAL = 36;

/** Not oftener: where the processor is scarce, looking would take from keepalived what it needs to write. */
const LOOK_EVERY_MS = 25;

/** The clock of file times is coarse: a dump may seem this much older than the signal that asked for it, in ms. */
const CLOCK_GRAIN_MS = 10;

/** keepalived writes as root; a test's stand-in as whoever runs the test. A dump of two hundred instances has 600 kB. */
const DUMP_LIMITS: PlainFileLimits = { owners: [0, process.geteuid?.() ?? 0], maxBytes: 4 * 1024 * 1024 };

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
  readonly trouble?: string;
}

export interface KeepalivedReader {
  /** One dump for all pools of the node. Never throws; ends within `timeoutMs`. */
  dump(timeoutMs: number): Promise<Dump>;
}

/** The number of keepalived's JSON signal, asked once; with a sentence where it could not be asked. */
export async function askSignal(): Promise<{ readonly signal: number; readonly trouble?: string }> {
  try {
    const { stdout } = await promisify(execFile)('keepalived', ['--signum=JSON'], {
      timeout: 5_000,
      env: { ...process.env, LC_ALL: 'C' },
    });
    const signal = Number(stdout.trim());
    if (Number.isInteger(signal) && signal > 31 && signal < 65) return { signal };
    return {
      signal: USUAL_SIGNAL,
      trouble: 'This keepalived cannot dump its state as JSON: its VRRP state is not known.',
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'keepalived is not installed' : messageOf(error);
    return { signal: USUAL_SIGNAL, trouble: `keepalived --signum=JSON failed: ${why}.` };
  }
}

/**
 * The pid of keepalived's parent process; undefined when it does not run. The pid file outlives a killed keepalived, and
 * its number may be another's by now: signal 36 would end that (T3).
 */
export async function keepalivedPid(pidFile: string, procRoot = '/proc'): Promise<number | undefined> {
  try {
    const pid = Number((await readFile(pidFile, 'utf8')).trim());
    const comm = (await readFile(join(procRoot, String(pid), 'comm'), 'utf8')).trim();
    return pid > 1 && comm === 'keepalived' ? pid : undefined;
  } catch {
    return undefined;
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
  let lastPid: number | undefined;
  /** Since when it is known to run, on the clock of files. */
  let aliveSinceMs = 0;
  let last: { readonly writtenAtMs: number; readonly instances: readonly VrrpInstance[] } | undefined;

  /** A dump that was written at `sinceMs` or later; else in words what there is. */
  async function dumpSince(sinceMs: number): Promise<readonly VrrpInstance[] | string> {
    try {
      return await withPlainFile(keepalived.dumpFile, DUMP_LIMITS, async (file, { mtimeMs }) => {
        if (mtimeMs + CLOCK_GRAIN_MS < sinceMs) return 'it was not written';
        // Of a clock that was set back since: it would be taken for fresh until that time has come.
        if (mtimeMs - CLOCK_GRAIN_MS > Date.now()) return 'it is from a time that is still to come';
        const instances = parseDump(await file.readFile('utf8'));
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
    let found = await dumpSince(askedAtMs);
    while (typeof found === 'string' && performance.now() < untilMs) {
      await sleep(LOOK_EVERY_MS);
      found = await dumpSince(askedAtMs);
    }
    if (typeof found !== 'string') return found;
    const sinceMs = Math.max(aliveSinceMs, askedAtMs - staleAfterMs);
    await dumpSince(sinceMs); // The one that was late for the poll before.
    if (last !== undefined && last.writtenAtMs >= sinceMs && last.writtenAtMs - CLOCK_GRAIN_MS <= Date.now()) {
      return last.instances;
    }
    return `keepalived wrote no fresh dump to ${keepalived.dumpFile} (${found}): it hangs, has no vrrp_instance, or writes elsewhere (keepalived.dump_file).`;
  }

  return {
    async dump(timeoutMs) {
      const untilMs = performance.now() + timeoutMs;
      const pid = await keepalivedPid(keepalived.pidFile, procRoot);
      if (pid !== lastPid) {
        // What another keepalived wrote says nothing about this one.
        last = undefined;
        lastPid = pid;
        aliveSinceMs = Date.now();
      }
      if (pid === undefined) return { alive: false, trouble: `keepalived is not running (${keepalived.pidFile}).` };
      const askedAtMs = Date.now();
      try {
        process.kill(pid, signal);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        const why = code === 'EPERM' ? 'no permission: run the node as root' : messageOf(error);
        return { alive: code !== 'ESRCH', trouble: `keepalived cannot be asked for its state: ${why}.` };
      }
      const found = await freshDump(askedAtMs, untilMs);
      return typeof found === 'string' ? { alive: true, trouble: found } : { alive: true, instances: found };
    },
  };
}

/**
 * True when the VIP is an address of this interface. Asked from the kernel by Node, without a program. An IPv4 address
 * with a label stands under the label: `eth0:vip`.
 */
export function hasVip(
  vip: string,
  name: string,
  interfaces: () => ReturnType<typeof networkInterfaces> = networkInterfaces,
): boolean {
  return Object.entries(interfaces())
    .filter(([label]) => label.split(':')[0] === name)
    .some(([, addresses]) => addresses?.some((one) => sameAddress(one.address) === sameAddress(vip)));
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
  readonly hasVip?: typeof hasVip;
}): { read(dump: Dump): DirectorReading } {
  const { pool, windowMs, monotonic } = input;
  const adverts = createCounterWindow(windowMs);
  const vipOn = input.hasVip ?? hasVip;
  return {
    read(dump) {
      const vip = vipOn(pool.vip.address, input.interface);
      const instance = dump.instances?.find((one) => carries(one, pool.vip.address));
      const signals: Record<string, SignalValue> = {
        state: verdict({ alive: dump.alive, ...(instance !== undefined && { state: instance.state }), vip }),
        keepalived: dump.alive,
        vip,
        ...(dump.instances !== undefined && { bystander: !dump.instances.some(isMaster) }),
      };
      const troubles = dump.trouble === undefined ? [] : [dump.trouble];
      if (instance === undefined) {
        if (dump.instances !== undefined)
          troubles.push(`keepalived has no vrrp_instance with the VIP ${pool.vip.address}.`);
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

/** A VIP in the dump reads `10.0.0.100 dev eth0 scope global set`, with a prefix where it has one. */
function carries(instance: VrrpInstance, vip: string): boolean {
  return instance.vips.some((text) => sameAddress(text.split(/[\s/]/)[0] ?? '') === sameAddress(vip));
}
