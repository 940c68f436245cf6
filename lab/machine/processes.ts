/** What /proc says of processes. Processes that end while one looks are left out. */

import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, what /proc counts in, is 100 on every processor that Debian has Node for (kernel: include/asm-generic/param.h). */
const MS_PER_TICK = 10;

export interface ProcessStat {
  readonly parent: number;
  /** Of the process itself and of the children that it has waited for, in user mode and in the kernel. */
  readonly processorMs: number;
}

/** Every process below this one, parents before children. */
export function descendants(pid: number): number[] {
  return below(pid, readStats());
}

/**
 * The processor time of this process and of all below it. What a process used that ended is in the figure of the parent
 * that waited for it; what nobody of these has waited for is lost, and the sum is smaller than before.
 */
export function processorMs(pid: number): number {
  const stats = readStats();
  return [pid, ...below(pid, stats)].reduce((sum, each) => sum + (stats.get(each)?.processorMs ?? 0), 0);
}

/** One line of /proc/pid/stat; the second field, a name in brackets, may hold anything (proc.5). */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [parent, ...ticks] = [1, 11, 12, 13, 14].map((index) => Number(fields[index]));
  return { parent: parent as number, processorMs: ticks.reduce((sum, each) => sum + each, 0) * MS_PER_TICK };
}

/**
 * Processes that were started with this variable in their environment, or below one that was: what a program cannot
 * lose by forking, changing its group or losing its parent. A zombie has no environment and is not in here.
 */
export function processesWith(name: string, value: string): number[] {
  const wanted = `${name}=${value}`;
  return allPids().filter((pid) => pid !== process.pid && environmentOf(pid).includes(wanted));
}

function allPids(): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // Gone, or somebody else's.
  }
}

function below(pid: number, stats: ReadonlyMap<number, ProcessStat>): number[] {
  const children = new Map<number, number[]>();
  for (const [each, { parent }] of stats) children.set(parent, [...(children.get(parent) ?? []), each]);
  const found = [...(children.get(pid) ?? [])];
  for (const each of found) found.push(...(children.get(each) ?? []));
  return found;
}

function readStats(): Map<number, ProcessStat> {
  const stats = new Map<number, ProcessStat>();
  for (const pid of allPids()) {
    try {
      stats.set(pid, parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')));
    } catch {} // Gone.
  }
  return stats;
}
