/** What a process has used, from /proc. */

import { readFile } from 'node:fs/promises';

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

/** Slope by least squares, in bytes an hour. */
export function slopePerHour(samples: readonly { readonly atMs: number; readonly rssBytes: number }[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanAt = mean(samples.map(({ atMs }) => atMs));
  const meanRss = mean(samples.map(({ rssBytes }) => rssBytes));
  const top = samples.reduce((sum, { atMs, rssBytes }) => sum + (atMs - meanAt) * (rssBytes - meanRss), 0);
  const bottom = samples.reduce((sum, { atMs }) => sum + (atMs - meanAt) ** 2, 0);
  return (top / bottom) * 3_600_000;
}
