/**
 * `npm run upgrade`: builds the version before from its commit, and upgrades a live pool from it in each order, or in those
 * that are named. `--dump <file>` writes what that version had in the broker, for test/broker/version-before.test.ts.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { soon } from '../chaos/until-seen.ts';
import { dumpBroker } from './dump.ts';
import { ORDERS } from './orders.ts';
import { jobsLeft } from './stored.ts';
import { runUpgrade } from './upgrade.ts';
import { buildVersionBefore, COMMIT_BEFORE } from './version-before.ts';

const { positionals, values } = parseArgs({ allowPositionals: true, options: { dump: { type: 'string' } } });
const print = (text: string) => void process.stdout.write(text);
const unknown = positionals.filter((name) => ORDERS.every((order) => order.name !== name));
if (unknown.length > 0) {
  print(`There is no order ${unknown.join(', ')}; there are ${ORDERS.map(({ name }) => name).join(', ')}.\n`);
  process.exitCode = 2;
} else {
  const dir = await mkdtemp(join(tmpdir(), 'weir-upgrade-'));
  // The folders of the benches as well: Ctrl-C leaves nothing behind either, their processes go with this one.
  process.env.TMPDIR = dir;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void rm(dir, { recursive: true, force: true }).finally(() => process.exit(130)));
  }
  try {
    const program = await buildVersionBefore(dir);
    for (const order of ORDERS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
      try {
        const file = values.dump;
        const { seconds, told } = await runUpgrade(order, program, print, async (bench) => {
          if (file === undefined) return;
          // A worker that ends comes to the end of what it has begun.
          const begun = () => Promise.all((['tell', 'show'] as const).map((name) => jobsLeft(bench, name, 'active')));
          await soon(async () => (await begun()).every((count) => count === 0), 60_000, 'no job to be under way');
          await dumpBroker(bench.redis, COMMIT_BEFORE, file);
        });
        print(`${order.name}: nothing lost, nothing twice. ${seconds.toFixed(0)} s, ${told} messages.\n`);
      } catch (error) {
        print(`${order.name} did not hold: ${error instanceof Error ? error.message : String(error)}\n`);
        process.exitCode = 1;
      }
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
