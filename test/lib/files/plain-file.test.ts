import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { withPlainFile } from '../../../src/lib/files/plain-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

const ME = process.geteuid?.() ?? 0;
const LIMITS = { owners: [ME], maxBytes: 1_000 };

let dir: string;
beforeEach(async () => {
  dir = await tempDir();
});

const read = async (path: string, limits = LIMITS) => withPlainFile(path, limits, (file) => readFileSync(file, 'utf8'));

it('a file of ours is read', async () => {
  await writeFile(join(dir, 'file'), 'text');
  expect(await read(join(dir, 'file'))).toBe('text');
});

it('a FIFO that nobody writes to holds nobody up', async () => {
  execFileSync('mkfifo', [join(dir, 'fifo')]);
  await expect(read(join(dir, 'fifo'))).rejects.toThrow('is no plain file');
});

it('a link is not followed, a folder is no file, what is not there is not there', async () => {
  await writeFile(join(dir, 'file'), 'text');
  await symlink(join(dir, 'file'), join(dir, 'link'));
  await expect(read(join(dir, 'link'))).rejects.toMatchObject({ code: 'ELOOP' });
  await expect(read(dir)).rejects.toThrow('is no plain file');
  await expect(read(join(dir, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
});

it("another user's file, and one that is too large, are not read", async () => {
  await writeFile(join(dir, 'file'), 'text');
  await expect(read(join(dir, 'file'), { ...LIMITS, owners: [ME + 1] })).rejects.toThrow(`belongs to user ${ME}`);
  await truncate(join(dir, 'file'), 1_001);
  await expect(read(join(dir, 'file'))).rejects.toThrow('has 1001 bytes, more than 1000');
});
