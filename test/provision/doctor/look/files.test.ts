import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readFiles } from '../../../../src/provision/doctor/look/files.ts';
import { tempDir } from '../../../support/temp-dir.ts';

it('files, those that root believes, and every folder above them', async () => {
  const folder = await tempDir();
  const [rules, conf] = [join(folder, 'rules'), join(folder, 'keepalived.conf')];
  await mkdir(rules);
  await chmod(rules, 0o777);
  await writeFile(conf, '', { mode: 0o600 });

  const facts = await readFiles([rules, join(folder, 'none')], [conf]);

  expect(facts.map(({ path }) => path)).toEqual([rules, conf, folder, tmpdir(), '/']);
  expect(facts[0]).toMatchObject({ mode: 0o777, folder: true, ofRoot: false });
  expect(facts[1]).toMatchObject({ mode: 0o600, folder: false, ofRoot: true, uid: process.getuid?.() });
  expect(facts.find(({ path }) => path === '/tmp')).toMatchObject({ mode: 0o1777 });
});
