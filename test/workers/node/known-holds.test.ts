import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { type Hold, holdId } from '../../../src/model/people/hold.ts';
import { openKnownHolds } from '../../../workers/node/known-holds.ts';
import { tempDir } from '../../support/temp-dir.ts';

const ALL: Hold = { scope: { kind: 'all' }, by: 'ann', reason: 'disks', until: 10_000 };
const RULE: Hold = { scope: { kind: 'rule', name: 'x' }, by: 'ann', reason: 'wrong', until: 20_000 };

let stateDir: string;
beforeEach(async () => {
  stateDir = await tempDir();
});

it('what people hold outlives the broker, the process and what ends it is only time or people', async () => {
  const known = await openKnownHolds(stateDir);
  await known.update('logs', { live: [ALL, RULE], ended: [] }, 1_000);
  await known.update('logs', undefined, 2_000);
  expect(known.of('logs', 2_000)).toEqual([ALL, RULE]);
  expect((await openKnownHolds(stateDir)).of('logs', 2_000)).toEqual([ALL, RULE]);
  // A broker that came back empty has made a new state and has not heard of it yet.
  await known.update('logs', { live: [], ended: [] }, 3_000);
  expect(known.of('logs', 3_000)).toEqual([ALL, RULE]);
  await known.update('logs', { live: [ALL], ended: [holdId(RULE)] }, 4_000);
  expect(known.of('logs', 4_000)).toEqual([ALL]);
  expect(known.of('logs', 10_000)).toEqual([]);
  await known.update('logs', { live: [], ended: [] }, 11_000);
  expect(await readFile(join(stateDir, 'holds.json'), 'utf8')).toBe('{\n "logs": {}\n}\n');
});

it('a file that cannot be read, or a disk that refuses, stops nothing', async () => {
  await writeFile(join(stateDir, 'holds.json'), 'garbage');
  const known = await openKnownHolds(stateDir);
  expect(known.of('logs', 0)).toEqual([]);
  const nowhere = await openKnownHolds(join(stateDir, 'holds.json', 'no'));
  await nowhere.update('logs', { live: [ALL], ended: [] }, 1_000);
  expect(nowhere.of('logs', 1_000)).toEqual([ALL]);
});
