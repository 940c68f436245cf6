import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { replaceFile } from '../../../src/lib/files/replace-file.ts';
import { createLastGood, differing } from '../../../src/provision/apply/last-good.ts';
import { tempDir } from '../../support/temp-dir.ts';

let folder: string;
beforeEach(async () => {
  folder = await tempDir();
});

const file = (name: string, text: string, mode = 0o644) => ({ path: join(folder, name), text, mode });

it('a file differs by its text, by its mode, and by not being there', async () => {
  const same = file('same', 'x\n');
  const other = file('other', 'new\n');
  const open = file('open', 'x\n', 0o600);
  await writeFile(same.path, 'x\n', { mode: 0o644 });
  await writeFile(other.path, 'old\n', { mode: 0o644 });
  await writeFile(open.path, 'x\n', { mode: 0o644 });

  expect(await differing([same, other, open, file('absent', '')])).toEqual([other, open, file('absent', '')]);
});

it('the last good files come back, with their modes, and what was not there goes', async () => {
  const [changed, added] = [file('changed', 'new\n'), file('added', 'new\n')];
  await writeFile(changed.path, 'good\n');
  await chmod(changed.path, 0o640);
  const lastGood = createLastGood(join(folder, 'state'));
  await lastGood.keep([changed, added]);
  for (const { path, text, mode } of [changed, added]) await replaceFile(path, text, mode);

  await lastGood.putBack();

  expect(readFileSync(changed.path, 'utf8')).toBe('good\n');
  expect(statSync(changed.path).mode & 0o777).toBe(0o640);
  expect(existsSync(added.path)).toBe(false);
  expect(await lastGood.left()).toBe(false);
});

it('those of a run that was cut short stay the last good ones, and only root reads them', async () => {
  const conf = file('conf', 'of the run that was cut short\n');
  await writeFile(conf.path, 'good\n');
  await createLastGood(folder).keep([conf]);
  await replaceFile(conf.path, conf.text, conf.mode);
  const next = createLastGood(folder);

  expect(await next.left()).toBe(true);
  await next.keep([file('conf', 'of the next run\n'), file('more', '')]);
  await next.putBack();

  expect(readFileSync(conf.path, 'utf8')).toBe('good\n');
  await next.keep([conf]);
  expect(statSync(join(folder, 'last-good.json')).mode & 0o777).toBe(0o600);
});

it('last good files that cannot be read are an error that says what to do', async () => {
  await writeFile(join(folder, 'last-good.json'), '[{');
  await expect(createLastGood(folder).left()).rejects.toThrow(/cannot be read.*move that file away/);
});

it('a file that is replaced leaves nothing beside it and has its mode whatever it had', async () => {
  const path = join(folder, 'conf');
  await writeFile(path, 'x', { mode: 0o666 });
  await writeFile(join(folder, '.conf.new'), 'of a crash', { mode: 0o666 });

  await replaceFile(path, 'secret', 0o600);

  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['conf']);
});
