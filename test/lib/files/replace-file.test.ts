import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { replaceFile, swapFile } from '../../../src/lib/files/replace-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

let folder: string;
beforeEach(async () => {
  folder = await tempDir();
});

describe.each([
  ['replaceFile', replaceFile],
  ['swapFile', swapFile],
])('%s', (_name, replace) => {
  it('writes through no link that somebody has put beside it or in its place', async () => {
    const other = join(folder, 'of-root');
    await writeFile(other, 'theirs', { mode: 0o644 });
    const prepared = join(folder, 'prepared');
    await mkdir(prepared);
    for (const name of ['.file.new', 'file.new', 'file']) await symlink(other, join(prepared, name));
    await replace(join(prepared, 'file'), 'ours', 0o600);
    expect(await readFile(other, 'utf8')).toBe('theirs');
    expect((await stat(other)).mode & 0o777).toBe(0o644);
    expect(await readFile(join(prepared, 'file'), 'utf8')).toBe('ours');
    expect((await stat(join(prepared, 'file'))).mode & 0o777).toBe(0o600);
  });

  it('takes away what a crash left, and leaves nothing beside the file', async () => {
    await writeFile(join(folder, '.file.new'), 'half', { mode: 0o666 });
    await replace(join(folder, 'file'), 'whole', 0o600);
    expect(await readdir(folder)).toEqual(['file']);
  });
});
