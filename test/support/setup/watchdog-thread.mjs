// @ts-check
/** The thread of watchdog.ts. Plain JavaScript: Node starts it, without vitest's transforms. */

import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

const LOOK_MS = 250;
const STDERR = 2;
/** @type {{ limitMs: number, pid: number }} */
const { limitMs, pid } = workerData;
let doing = 'its start';
let silentMs = 0;

parentPort?.on('message', (/** @type {{ doing?: string }} */ message) => {
  doing = message.doing ?? doing;
  silentMs = 0;
});

// Counted in looks, not by the clock: a process that was stopped, or whose machine slept, has blocked nothing.
setInterval(() => {
  silentMs += LOOK_MS;
  if (silentMs < limitMs) return;
  writeSync(STDERR, `\nBlocked its process for ${limitMs / 1000} s, which is killed now: ${doing}\n`);
  process.kill(pid, 'SIGKILL');
}, LOOK_MS);
