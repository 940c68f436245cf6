/** Whose configuration root goes by. As another user there is nothing to hold: what they own is theirs to write. */

import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { ensureOwnFolder } from '../../src/lib/files/own-folder.ts';
import { tempDir } from '../support/temp-dir.ts';

const SMALL = `pools:
  logs:
    vip: {address: 192.168.81.100}
    vrrp: {interface: ens192, virtual_router_id: 51}
    queues: [logstash]
    members: {a: {address: 192.168.81.51, priority: 254}, b: {address: 192.168.81.234, priority: 250}}
`;

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await tempDir();
  file = join(folder, 'weir.yaml');
  await writeFile(file, SMALL, { mode: 0o644 });
});

const load = (path = file) => loadConfig({ path, env: {}, cwd: folder });

describe.runIf(isRoot)('root', () => {
  it('goes by a file that only root can write, in a sticky folder too', async () => {
    await expect(load()).resolves.toHaveProperty('pools.logs');
    await chmod(folder, 0o1777);
    await expect(load()).resolves.toHaveProperty('pools.logs');
  });

  it.each([
    ['the file belongs to somebody else', () => chown(file, NOBODY, 0), 'weir.yaml belongs to user 65534'],
    ['others may write the file', () => chmod(file, 0o666), 'weir.yaml can be written by others'],
    ['a group may write the file', () => chmod(file, 0o664), 'weir.yaml can be written by others'],
    ['the folder belongs to somebody else', () => chown(folder, NOBODY, 0), `belongs to user 65534`],
    ['others may write the folder', () => chmod(folder, 0o777), 'can be written by others'],
  ])('refuses it where %s, and says what mends it', async (_what, spoil, sentence) => {
    await spoil();
    await expect(load()).rejects.toMatchObject({ code: 'config', message: expect.stringContaining(sentence) });
    await expect(load()).rejects.toThrow(/: chown root:root \S+; chmod go-w \S+$/);
  });

  it('looks at what is behind a link', async () => {
    const theirs = join(folder, 'theirs');
    await mkdir(theirs);
    await writeFile(join(theirs, 'weir.yaml'), SMALL);
    await chown(join(theirs, 'weir.yaml'), NOBODY, 0);
    const link = join(folder, 'link.yaml');
    await symlink(join(theirs, 'weir.yaml'), link);
    await expect(load(link)).rejects.toThrow('belongs to user 65534');
  });
});

it('is not looked for in the current folder by what changes the server', async () => {
  const search = loadConfig({ env: {}, cwd: folder, onlyInEtc: true });
  await expect(search).rejects.toThrow('there is no /etc/weir/weir.yaml');
  await expect(loadConfig({ env: {}, cwd: folder })).resolves.toHaveProperty('pools.logs');
});

describe('state_dir', () => {
  it('is made for its owner alone', async () => {
    const made = join(folder, 'var', 'weir');
    await ensureOwnFolder(made);
    await expect(ensureOwnFolder(made)).resolves.toBeUndefined();
  });

  it.runIf(isRoot)('is refused where somebody else could put files there', async () => {
    await chmod(folder, 0o777);
    await expect(ensureOwnFolder(folder)).rejects.toThrow(`chmod go-w ${folder}`);
    await chmod(folder, 0o770);
    await expect(ensureOwnFolder(folder)).rejects.toThrow(`chmod go-w ${folder}`);
    // A volume whose group may write is as good as it gets for who is not root.
    await expect(ensureOwnFolder(folder, 1_000)).resolves.toBeUndefined();
    await chown(folder, NOBODY, 0);
    await expect(ensureOwnFolder(folder)).rejects.toThrow('belongs to user 65534');
  });
});
