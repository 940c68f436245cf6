import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { take } from '../../../src/act/leases/leases.ts';
import { readLeaseFile, writeLeaseFile } from '../../../src/act/ledger/lease-file.ts';
import { createLedger } from '../../../src/act/ledger/ledger.ts';
import { EMPTY_POOL } from '../../../src/act/ledger/pool-record.ts';
import { tempDir } from '../../support/temp-dir.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await tempDir();
  path = join(folder, 'leases.json');
});

const hold = take(undefined, { id: '1-1.r.b', weight: 0, until: 9, owner: 'rule:r', reason: 'x', moving: true }, 100);
const pool = { ...EMPTY_POOL, holds: { b: hold }, removed: { b: { upper: 5, lower: 4 } }, fence: '17-2' };

it('what was written is read, and only its owner may', async () => {
  await writeLeaseFile(path, { logs: pool });
  expect(await readLeaseFile(path)).toEqual({ logs: pool });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['leases.json']);
});

it('no file is no leases', async () => {
  expect(await readLeaseFile(path)).toEqual({});
});

it.each(['', '{', '{"version":2,"pools":{}}', '{"version":1,"pools":{"logs":{"holds":{"b":{"base":"100"}}}}}'])(
  'a file that says %j is an error that says what to do',
  async (text) => {
    await writeFile(path, text);
    await expect(readLeaseFile(path)).rejects.toThrow(/cannot be read .* moved away/);
  },
);

it('a file of a newer Weir is whole, and says which one: nobody need repair it', async () => {
  await writeFile(path, '{\n "version": 7,\n "pools": {"logs": {"new": true}}}');
  await expect(readLeaseFile(path)).rejects.toThrow(/a newer Weir wrote it, version 7, .*docs\/upgrades\.md/);
});

it('every prefix of a file is refused: a torn file is never half believed', async () => {
  await writeLeaseFile(path, { logs: pool });
  const text = (await readFile(path, 'utf8')).trim();
  for (let length = 0; length < text.length; length += 7) {
    await writeFile(path, text.slice(0, length));
    await expect(readLeaseFile(path)).rejects.toThrow('cannot be read');
  }
});

it('a change that cannot be written did not happen; a fact that cannot be written is known and written later', async () => {
  const ledger = createLedger(join(folder, 'state', 'leases.json'));
  await ledger.ready();
  await writeFile(join(folder, 'state'), 'in the way');
  await expect(ledger.write('logs', () => pool)).rejects.toThrow('cannot be written');
  expect(ledger.pool('logs')).toEqual(EMPTY_POOL);

  await ledger.note('logs', () => pool);
  expect(ledger.pool('logs')).toEqual(pool);
  expect(ledger.trouble).toContain('cannot be written');

  await rm(join(folder, 'state'));
  await ledger.note('logs', (record) => record);
  expect(ledger.trouble).toBeUndefined();
  expect(await readLeaseFile(join(folder, 'state', 'leases.json'))).toEqual({ logs: pool });
});

it('a file that could not be read is never replaced, whatever is to be noted', async () => {
  await writeFile(path, 'torn');
  const ledger = createLedger(path);
  await expect(ledger.ready()).rejects.toThrow('cannot be read');
  await ledger.note('logs', () => pool);
  await expect(ledger.write('logs', () => pool)).rejects.toThrow('cannot be read');
  expect(await readFile(path, 'utf8')).toBe('torn');
});

it('changes of two pools at once are both kept', async () => {
  const ledger = createLedger(path);
  await ledger.ready();
  await Promise.all(['x', 'y', 'z'].map((name) => ledger.write(name, () => pool)));
  expect(Object.keys(await readLeaseFile(path)).sort()).toEqual(['x', 'y', 'z']);
});
