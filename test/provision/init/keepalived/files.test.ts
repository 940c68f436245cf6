import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { includedFiles, readKeepalivedConf, readProgram } from '../../../../src/provision/init/keepalived/files.ts';
import { parseKeepalived } from '../../../../src/provision/init/keepalived/syntax.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { shape } from '../../keepalived-parse.ts';

const KEEPALIVED = '/usr/sbin/keepalived';

let folder = '';
beforeEach(async () => {
  folder = await tempDir();
});

async function write(name: string, text: string | Buffer): Promise<string> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

function read(file: string) {
  return parseKeepalived(readKeepalivedConf(file), { include: includedFiles, configId: 'a' });
}

describe('the file itself is read, or refused in a sentence', () => {
  const refusal = (file: string) => {
    try {
      return readKeepalivedConf(file).text;
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('where it may be executed, which keepalived skips', async () => {
    const file = await write('k.conf', 'state BACKUP');
    await chmod(file, 0o645);

    expect(refusal(file)).toBe(
      `${file} cannot be read: it is executable, and keepalived skips such a file: chmod a-x makes it read.`,
    );
    await chmod(file, 0o644);
    expect(refusal(file)).toBe('state BACKUP');
  });

  it('where it is a directory, a link that leads to itself, a named pipe, or not there', async () => {
    await symlink('loop', join(folder, 'loop'));
    await promisify(execFile)('mkfifo', [join(folder, 'pipe')]);

    expect(refusal(folder)).toBe(`${folder} cannot be read: it is a directory, and keepalived reads files.`);
    expect(refusal(join(folder, 'loop'))).toMatch(
      /loop cannot be read: it is a symbolic link that leads back to itself\.$/,
    );
    expect(refusal(join(folder, 'pipe'))).toMatch(
      /pipe cannot be read: it is no regular file, and keepalived reads no other\.$/,
    );
    expect(refusal(join(folder, 'none'))).toMatch(/none cannot be read: it is not there: name the configuration/);
    expect(refusal(join(folder, 'a\u001bb'))).toContain('a<U+001B>b cannot be read');
    expect(readProgram(join(folder, 'pipe'))).toBeUndefined();
  });

  it.each([
    ['little end first', Buffer.from('\ufeffstate BACKUP', 'utf16le')],
    ['without a mark', Buffer.from('state BACKUP', 'utf16le')],
    ['big end first', Buffer.from('\ufeffstate BACKUP', 'utf16le').swap16()],
  ])('where it is UTF-16, %s', async (_, bytes) => {
    const file = await write('k.conf', bytes);

    expect(refusal(file)).toBe(`${file}:1:1 this is UTF-16, which keepalived does not read, expected UTF-8`);
  });
});

describe('what it includes', () => {
  it('has wildcards and braces, relative to the file that has them', async () => {
    await write('conf.d/b.conf', 'priority 2\n');
    await write('conf.d/a.conf', 'priority 1\ninclude ../more\n');
    await write('conf.d/.hidden.conf', 'priority 9\n');
    await write('conf.d/c.txt', 'priority 9\n');
    const more = await write('more', 'priority 1.5\ninterface $_PWD');
    await write('x1', 'state BACKUP');
    await write('y2', 'nopreempt');
    const text =
      'vrrp_instance VI_1 {\n include conf.d/*.conf\n vrf $_PWD\n includer {x,y}[2-9]\n include nowhere/*\n}\n';
    const file = await write('k.conf', text);

    const { conf, notes } = read(file);

    expect(shape(conf)).toEqual([
      [
        'vrrp_instance VI_1',
        'priority 1',
        'priority 1.5',
        `interface ${folder}`,
        'priority 2',
        `vrf ${folder}`,
        'nopreempt',
      ],
    ]);
    expect(conf[0]?.block?.[1]?.words[0].file).toBe(more);
    expect(notes).toEqual([`CHECK ${file}:5 include nowhere/* finds no file.`]);
  });

  it('is said where keepalived skips it', async () => {
    await chmod(await write('in/a.conf', 'x 1'), 0o755);
    await mkdir(join(folder, 'in/b.conf'));
    await symlink('nothing', join(folder, 'in/c.conf'));
    await write('in/d.conf', 'use_pid_dir');
    const file = await write('k.conf', 'include in/*.conf\n');

    const { conf, notes } = read(file);

    expect(shape(conf)).toEqual(['use_pid_dir']);
    expect(notes).toEqual([
      expect.stringMatching(/k\.conf:1 include in\/\*\.conf finds .*a\.conf: it is executable/),
      expect.stringMatching(/finds .*b\.conf: it is a directory/),
      expect.stringMatching(/finds .*c\.conf: it is not there\.$/),
    ]);
  });

  /** Each file holds one word that keepalived does not know, and says so in the order in which it reads them. */
  it.runIf(existsSync(KEEPALIVED))(
    'is what keepalived finds, in its order',
    async () => {
      const names = 'a.conf b.conf c [d] e{f} {} * .hidden é in/a.conf in/z.conf to/a.conf'.split(' ');
      for (const name of names) await write(`f/${name}`, `in_${names.indexOf(name)}\n`);
      const patterns = [
        ...'*.conf * ? ?.conf [a-b].conf [!a].conf [^a].conf [z-a]* []a]* [d] \\[d\\] \\* e\\{f\\} e{f} {} [ [a'.split(
          ' ',
        ),
        ...'{b,a}.conf {a,{b,c}}* {in,to}/* */a.conf in/../c ./c .* .h* "c" nothing {nothing,c} in in/ {a a} \\c **'.split(
          ' ',
        ),
        'c d',
        `${folder}/f/c`,
      ];
      for (const pattern of patterns) {
        const named = pattern.startsWith('/') ? pattern : `../f/${pattern}`;
        const file = await write('k/k.conf', `include ${named}\n`);
        const { stderr } = spawnSync(KEEPALIVED, ['--config-test', '--use-file', file], { encoding: 'utf8' });
        const theirs = [...stderr.matchAll(/Unknown keyword '(in_\d+)'/g)].map(([, word]) => word);
        const ours = [
          ...read(file)
            .notes.join(' ')
            .matchAll(/\b(in_\d+) \(/g),
        ].map(([, word]) => word);

        // Each process of keepalived reads all of it.
        expect([pattern, ours]).toEqual([pattern, theirs.slice(0, ours.length)]);
        expect([pattern, theirs.length === 0]).toEqual([pattern, ours.length === 0]);
      }
    },
    120_000,
  );
});
