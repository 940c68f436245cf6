// @ts-check
/**
 * Each program in one file, from what tsc has made. `weir` is 600 files with its libraries: opening them is half the time of
 * a command, and in the lab's guest, where a system call costs forty microseconds, of the start of a node.
 */

import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const PROGRAMS = {
  weir: 'dist/src/cli/main.js',
  web: 'dist/workers/http/web.js',
  agent: 'dist/lab/guest/agent.js',
  connections: 'dist/lab/guest/connections.js',
  consumer: 'dist/lab/guest/consumer.js',
  producers: 'dist/lab/guest/producers.js',
};

/** People run `weir` by its name, and a worker that starts with the pack does not run its tests. */
async function afterPrograms() {
  chmodSync('dist/bundle/weir.js', 0o755);
  const { ACCEPTED_FILE, acceptPack } = await import('./dist/src/operations/pack.js');
  writeFileSync(`dist/bundle/${ACCEPTED_FILE}`, `${await acceptPack('rules')}\n`);
}

export default defineConfig({
  // An image is built without the lab.
  input: Object.fromEntries(Object.entries(PROGRAMS).filter(([, path]) => existsSync(path))),
  platform: 'node',
  // A binary, and one that is not needed: they stay in node_modules.
  external: ['@resvg/resvg-js', 'msgpackr-extract'],
  output: { dir: 'dist/bundle', format: 'esm', cleanDir: true },
  plugins: [{ name: 'after the programs', writeBundle: afterPrograms }],
  logLevel: 'warn',
});
