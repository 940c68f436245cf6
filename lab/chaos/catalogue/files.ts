/** Faults of the files of a node. */

import assert from 'node:assert/strict';
import { statfsSync, writeFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench/type.ts';
import { actsOf, expectTold, type Fault, lowerings, type Seen } from '../fault.ts';
import { drainOnce, untilOutcome, untilTold, untilWeight } from '../until-seen.ts';

function expectRefusedOnA(seen: Seen, why: RegExp): void {
  const [act] = actsOf(seen);
  const answer = act?.outcomes.find((one) => one.node === 'a');
  assert.match(`${answer?.result}: ${answer?.detail}`, why);
  expectTold(seen.told);
  assert.ok(lowerings(seen.changes.a).length <= 1);
}

const diskFull: Fault = {
  name: 'disk-full',
  promise: 'a node that cannot write its lease down does not touch its table, and says so; with room again it acts',
  async inject(bench) {
    const from = Date.now();
    await bench.node('a').kill('SIGTERM');
    await bench.startNode('a', { bytes: 65_536 });
    const disk = join('/proc', String(bench.node('a').pid), 'root', bench.stateDir('a'));
    const { bavail, bsize } = statfsSync(disk);
    assert.ok(bavail * bsize <= 65_536, 'the disk of a is no small one');
    fill(join(disk, 'filler'));
    bench.note('the disk under state_dir of a is full');
    await sleep(1_500);
    await bench.freezeRedis();
    await untilOutcome(bench, 'a', /ENOSPC|no space/i, from);
    assert.equal(bench.weights('a').b, 100);
    await bench.thawRedis();
    await bench.calm();
    await rm(join(disk, 'filler'));
    bench.note('there is room again');
    await drainOnce(bench);
    await bench.calm();
    await bench.node('a').kill('SIGTERM');
    await bench.startNode('a');
  },
  expect: (seen) => expectRefusedOnA(seen, /failed: .*cannot be written.*ENOSPC/),
};

function fill(path: string): void {
  for (let size = 65_536; size > 0; size = size > 512 ? size / 2 : 0) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

/** The node starts on a lease file that cannot be read. */
async function startOn(bench: Bench, text: string | Buffer): Promise<void> {
  const file = join(bench.stateDir('a'), 'leases.json');
  const from = Date.now();
  await bench.node('a').kill('SIGTERM');
  await writeFile(file, text);
  await bench.startNode('a');
  await sleep(1_500);
  await bench.freezeRedis();
  await untilOutcome(bench, 'a', /lease file .* cannot be read/, from);
  await untilWeight(bench, ['b'], 0);
  assert.equal(bench.weights('a').b, 100);
  await untilTold(bench, /Not done/, from);
  await bench.thawRedis();
  await sleep(1_500);
  await rm(file);
  bench.note('the broken lease file was moved away');
}

const truncated: Fault = {
  name: 'lease-file-truncated',
  promise:
    'a lease file that ends in the middle is never taken for an empty one: the node changes nothing and says why',
  inject: (bench) => startOn(bench, '{"version":1,"pools":{"logs":{"holds":{"b":{"base":10'),
  expect: (seen) => expectRefusedOnA(seen, /refused: The lease file .* cannot be read/),
};

const random: Fault = {
  name: 'lease-file-random',
  promise: 'random bytes in the lease file: the node changes nothing and says why; other nodes act',
  inject: (bench) => startOn(bench, Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 73 + 11) % 256))),
  expect: (seen) => expectRefusedOnA(seen, /refused: The lease file .* cannot be read/),
};

export const FILE_FAULTS: readonly Fault[] = [diskFull, truncated, random];
