// @ts-check
/**
 * Each program in one file, from what tsc has made. `weir` is 600 files with its libraries: opening them is half the time of
 * a command, and in the lab's guest, where a system call costs forty microseconds, of the start of a node.
 */

import { chmodSync, existsSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const PROGRAMS = {
  weir: 'dist/src/cli/main.js',
  web: 'dist/workers/http/web.js',
  agent: 'dist/lab/guest/agent.js',
  connections: 'dist/lab/guest/connections.js',
  consumer: 'dist/lab/guest/consumer.js',
  producers: 'dist/lab/guest/producers.js',
};

export default defineConfig({
  // An image is built without the lab.
  input: Object.fromEntries(Object.entries(PROGRAMS).filter(([, path]) => existsSync(path))),
  platform: 'node',
  // A binary, and one that is not needed: they stay in node_modules.
  external: ['@resvg/resvg-js', 'msgpackr-extract'],
  output: { dir: 'dist/bundle', format: 'esm', cleanDir: true },
  // People run it by its name.
  plugins: [{ name: 'executable', writeBundle: () => chmodSync('dist/bundle/weir.js', 0o755) }],
  logLevel: 'warn',
});
