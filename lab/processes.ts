/** What /proc says of processes. They come and go while one looks: what is gone is left out. */

import { readdirSync, readFileSync } from 'node:fs';

/** Every process below this one, parents before children. */
export function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const each of allPids()) {
    const parent = parentOf(each);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), each]);
  }
  const found = [...(children.get(pid) ?? [])];
  for (const each of found) found.push(...(children.get(each) ?? []));
  return found;
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

/** The fourth field of /proc/pid/stat; the second, a name in brackets, may hold anything (proc.5). */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
