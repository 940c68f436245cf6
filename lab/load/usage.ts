/** What a process has used, from /proc. */

import { readFile } from 'node:fs/promises';
import { slope } from '../../src/lib/slope.ts';

export interface Usage {
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** USER_HZ is 100 on every Linux that Node.js runs on. */
const TICK_MS = 10;

export async function usageOf(pid: number): Promise<Usage> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  // The name stands in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  const status = await readFile(`/proc/${pid}/status`, 'latin1');
  return { cpuMs: (user + system) * TICK_MS, rssBytes: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1_024 };
}

/** How the memory grows, in bytes an hour. */
export function growthPerHour(samples: readonly { readonly atMs: number; readonly rssBytes: number }[]): number {
  return (slope(samples.map(({ atMs, rssBytes }) => [atMs, rssBytes])) ?? 0) * 3_600_000;
}
