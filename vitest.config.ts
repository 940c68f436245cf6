import { defineConfig } from 'vitest/config';

/** For each test file: what it costs, and the end of one that blocks its process. */
const setupFiles = ['test/support/cost.ts', 'test/support/watchdog.ts'];

/** Two projects: `unit` runs everywhere in a minute, `lab` boots a real LVS pool and runs one file at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/lab/**', 'test/faults/**', 'test/browser/**'],
          setupFiles,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts', 'test/browser/**/*.test.ts', 'test/faults/**/*.test.ts'],
          setupFiles,
          fileParallelism: false,
          // Faults wait for one another in lanes (test/faults): all of them have begun.
          maxConcurrency: 100,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
