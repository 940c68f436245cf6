/** A broker is restored from a backup. What was said and done since is known by the nodes, or by nobody. */

import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NODES } from '../bench/nodes.ts';
import type { Bench } from '../bench/type.ts';
import { expectTold, type Fault, lowerings } from '../fault.ts';
import { drainOnce, soon, untilWeight } from '../until-seen.ts';

/** Longer than the evaluation catches up with, in ms. */
const OLD_MS = 35_000;

/** What appendfsync everysec promises. In ms. */
const ON_DISK_MS = 1_200;

async function untilHolds(bench: Bench, reason: RegExp): Promise<void> {
  const look = async () => (await bench.status()).holds?.some((hold) => reason.test(hold.reason)) === true;
  await soon(look, 30_000, `the hold ${reason} to be known`);
}

const restored: Fault = {
  name: 'broker-restored-from-backup',
  promise:
    'what was ended since the backup is not taken again, what people hold since then holds, and after the settle time it goes on',
  async inject(bench) {
    const { broker } = bench;
    const files = join(bench.dir, broker.name);
    const backup = `${files}-backup`;
    await bench.weir('drain', 'logs/b', '--for', '1h', '--reason', 'before the backup');
    await untilWeight(bench, NODES, 0);
    await sleep(ON_DISK_MS);
    await cp(files, backup, { recursive: true, filter: (path) => !path.endsWith('.sock') });
    bench.note('a backup was taken, with b held at 0');
    await bench.weir('restore', 'logs/b');
    await untilWeight(bench, NODES, 100);
    await bench.weir('pause', 'logs/a', '--for', '10m', '--reason', 'after the backup');
    await sleep(OLD_MS);
    const at = Date.now();
    await broker.program.kill('SIGKILL');
    await rm(files, { recursive: true, force: true });
    await cp(backup, files, { recursive: true });
    await rm(backup, { recursive: true, force: true });
    await broker.start();
    bench.note('the broker is back, as it was at the backup');
    await untilHolds(bench, /after the backup/);
    await soon(async () => (await bench.status()).leases.length === 0, 40_000, 'the ended lease to be over again');
    await soon(async () => (await bench.status()).settlesAt === undefined, 60_000, 'the pool to settle');
    await sleep(2_000);
    for (const node of NODES) {
      const taken = lowerings(bench.changes(node)).filter((change) => change.at >= at);
      assert.deepEqual(taken, [], `${node} has taken again what was ended`);
    }
    await bench.weir('resume', 'logs/a');
    await drainOnce(bench);
  },
  expect({ changes, told }) {
    // What the person had done comes first, then what the rule did.
    for (const node of NODES) assert.equal(lowerings(changes[node]).length, 2);
    assert.ok(
      told.some((text) => /gap|restarted/.test(text)),
      `told was only ${JSON.stringify(told)}`,
    );
    expectTold(told);
  },
};

export const BACKUP_FAULTS: readonly Fault[] = [restored];
