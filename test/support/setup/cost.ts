/**
 * What a test file costs, for the table of scripts/times-reporter.mjs: a setup file of vitest, which it runs anew for
 * each test file, before that. The figures go to the reporters with the file's `meta`, also through a blob report.
 */

import { afterAll, beforeAll, type RunnerTestSuite, TestRunner } from 'vitest';
import { processorMs } from '../../../lab/machine/processes.ts';

interface FileCost {
  /** From the import of the file, or from the birth of the process that was started for it, to its last hook. */
  readonly wallMs: number;
  /** Of this process and of every process below it. */
  readonly processorMs: number;
  /** Of `wallMs`, while there was no test yet or a `beforeAll` or `beforeEach` ran. */
  readonly settingUpMs: number;
}

declare module 'vitest' {
  interface TaskMeta {
    cost?: FileCost;
  }
}

interface RealTimers {
  readonly now: () => number;
  readonly setInterval: typeof setInterval;
  readonly clearInterval: typeof clearInterval;
}

const SAMPLE_MS = 10_000;
const KNOWN = Symbol.for('weir.test.cost');
const process_ = process as NodeJS.Process & { [KNOWN]?: RealTimers };

// Without isolation a process runs many files: only the first of them pays for its start.
const isNewProcess = process_[KNOWN] === undefined;
/** The timers of before any test: one may put others in their place, and leave them there for the files that follow. */
const real: RealTimers = process_[KNOWN] ?? { now: performance.now.bind(performance), setInterval, clearInterval };
process_[KNOWN] = real;
const startMs = isNewProcess ? 0 : real.now();
let lastSumMs = isNewProcess ? 0 : processorMs(process.pid);
let spentMs = 0;
let settingUpMs = 0;
let hooksRunning = 0;
let hooksSinceMs = 0;

/**
 * The growth of the sum since the last look. It shrinks when processes end that nobody of ours waited for, such as a
 * guest's own after its kernel was killed: what they used until the last look stays counted.
 */
function sample(): void {
  const sumMs = processorMs(process.pid);
  spentMs += Math.max(0, sumMs - lastSumMs);
  lastSumMs = sumMs;
}

const sampler = real.setInterval(sample, SAMPLE_MS);
sampler.unref();

/** Runs beside others in concurrent tests: counted is the time in which at least one runs. */
async function settingUp<T>(hook: () => T): Promise<Awaited<T>> {
  if (hooksRunning++ === 0) hooksSinceMs = real.now();
  try {
    return await hook();
  } finally {
    if (--hooksRunning === 0) settingUpMs += real.now() - hooksSinceMs;
  }
}

/** vitest reports no duration of hooks. The properties of a hook are how vitest knows its limit. */
function timed<Args extends unknown[]>(hook: (...args: Args) => unknown): (...args: Args) => Promise<unknown> {
  return Object.assign((...args: Args) => settingUp(() => hook(...args)), hook);
}

function timeHooks(suite: RunnerTestSuite): void {
  const hooks = TestRunner.getSuiteHooks(suite);
  // In place: vitest goes through the file's own list already.
  for (const [index, hook] of hooks.beforeAll.entries()) hooks.beforeAll[index] = timed(hook);
  for (const [index, hook] of hooks.beforeEach.entries()) hooks.beforeEach[index] = timed(hook);
  for (const task of suite.tasks) if (task.type === 'suite') timeHooks(task);
}

const { file } = TestRunner.getCurrentSuite();

beforeAll(() => {
  settingUpMs += real.now() - startMs;
  timeHooks(file);
});

// The first that is registered is the last to run.
afterAll(() => {
  real.clearInterval(sampler);
  sample();
  file.meta.cost = { wallMs: real.now() - startMs, processorMs: spentMs, settingUpMs };
});
