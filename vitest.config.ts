import { defineConfig } from 'vitest/config';
import { KnownLengths } from './scripts/lanes.mjs';

/** What each test file costs, and the guard of its process. */
const setupFiles = ['test/support/setup/cost.ts', 'test/support/setup/watchdog.ts'];

/**
 * Two projects. `unit`: pure code and real parts on this machine. `lab`: a real LVS pool in a kernel of its own, faults on
 * real processes, a real browser; its files run one after the other in one process, so that they can share a boot.
 * `scripts/test.mjs` says what runs beside what.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: KnownLengths },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/lab/**', 'test/faults/**', 'test/browser/**'],
          setupFiles,
          // Most of what these files do is wait: for a process to start, a lock to run out, a socket to time out.
          maxWorkers: 3,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 30_000 } },
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts', 'test/browser/**/*.test.ts', 'test/faults/**/*.test.ts'],
          setupFiles,
          maxWorkers: 1,
          isolate: false,
          // Faults wait for one another in lanes (test/faults): all of them have begun.
          maxConcurrency: 100,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // Limits of the lab are for an idle machine (lab/patience.ts).
          env: { WEIR_PATIENCE: '4' },
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
