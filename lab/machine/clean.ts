/** The end of a lab: of every process that it started, wherever that has gone, and of its folder. */

import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from './processes.ts';

/** Every process of a lab has the lab's folder in this variable; the folder's name is random, so it marks no other. */
export const LAB_DIR = 'WEIR_LAB_DIR';

const END_WITHIN_MS = 60_000;

/** A killed user-mode Linux leaves its helper processes behind, without a parent: they are found by their environment. */
export async function endLab(dir: string): Promise<void> {
  const giveUpAt = performance.now() + END_WITHIN_MS;
  for (let left = processesWith(LAB_DIR, dir); left.length > 0; left = processesWith(LAB_DIR, dir)) {
    if (performance.now() > giveUpAt) throw new Error(`Processes of the lab do not end: ${left.join(', ')}.`);
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself since the look.
      }
    }
    await sleep(50);
  }
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
}
