/**
 * Ends a test that blocks its process for ever: then vitest's own limits, which are timers of that process, never run
 * out. A setup file of vitest; a thread of the process hears from it every second which test runs, and kills it when
 * it has not heard anything for long. vitest reports the file as failed and goes on with the others.
 */

import { Worker } from 'node:worker_threads';
import { afterEach, beforeAll, beforeEach, type RunnerTask, TestRunner } from 'vitest';

const BEAT_MS = 1_000;
const DEFAULT_LIMIT_MS = 300_000;
const KNOWN = Symbol.for('weir.test.watchdog');
const process_ = process as NodeJS.Process & { [KNOWN]?: Worker };

// Without isolation a process runs many files, under one thread.
const watchdog = process_[KNOWN] ?? startThread();
process_[KNOWN] = watchdog;
const { file } = TestRunner.getCurrentSuite();
let running: RunnerTask[] = [];

function startThread(): Worker {
  const limitMs = Number(process.env.WEIR_TEST_BLOCKED_MS ?? DEFAULT_LIMIT_MS);
  const worker = new Worker(new URL('watchdog-thread.mjs', import.meta.url), {
    execArgv: [],
    workerData: { limitMs, pid: process.pid },
  });
  worker.unref();
  // Before a test can put other timers in its place. Of no use without the thread, so it keeps nothing alive either.
  setInterval(() => worker.postMessage({}), BEAT_MS).unref();
  return worker;
}

function nameOf(task: RunnerTask): string {
  const parent = task.suite === undefined ? '' : `${nameOf(task.suite)} > `;
  return `${parent}${task.name}`;
}

/** A post arrives also when this thread is blocked right after it. */
function tell(doing: string): void {
  watchdog.postMessage({ doing: `${file.name}: ${doing}` });
}

function tellRunning(): void {
  const names = running.map(nameOf);
  tell(names.length === 0 ? 'a hook, or between tests' : names.join(', '));
}

tell('its import');
beforeAll(() => tell('beforeAll'));
beforeEach(({ task }) => {
  // An afterEach that fails keeps the one below from running.
  running = [...running.filter((each) => each.result?.state === 'run'), task];
  tellRunning();
});
afterEach(({ task }) => {
  running = running.filter((each) => each !== task);
  tellRunning();
});
