import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { environmentOf } from '../../src/cli/command.ts';
import { parseConfig } from '../../src/config/load.ts';
import { namedValue } from '../../src/config/named-value.ts';
import { tempDir } from '../support/temp-dir.ts';

let folder: string;
beforeEach(async () => {
  folder = await tempDir();
});

const passOf = (env: Record<string, string> = {}) => namedValue('PASS', { CREDENTIALS_DIRECTORY: folder, ...env });
const save = (name: string, text: string) => writeFile(join(folder, name), text);

it('a $NAME is what the environment says, and else a credential of that name', async () => {
  await save('PASS', 'of the file');
  expect(passOf({ PASS: 'of the environment' })).toEqual({ value: 'of the environment' });
  expect(passOf()).toEqual({ value: 'of the file' });
  // As a line without a value in an EnvironmentFile leaves it.
  expect(passOf({ PASS: '' })).toEqual({ value: 'of the file' });
});

it('a credential may be one of the folder that the units load, which systemd names after it', async () => {
  await save('weir_PASS', 'of the folder');
  expect(passOf()).toEqual({ value: 'of the folder' });
});

it('of several folders the first that has the name counts', async () => {
  const second = await tempDir();
  await save('PASS', 'of the first');
  await writeFile(join(second, 'PASS'), 'of the second');
  await writeFile(join(second, 'OTHER'), 'other');
  const env = { CREDENTIALS_DIRECTORY: `${folder}:${second}` };
  expect(namedValue('PASS', env)).toEqual({ value: 'of the first' });
  expect(namedValue('OTHER', env)).toEqual({ value: 'other' });
  expect(namedValue('NONE', env)).toEqual({ problem: expect.stringContaining('there is no credential of that name') });
});

it('a command at the terminal looks into the folders that are there, a role into none', async () => {
  const places = [join(folder, 'gone'), folder];
  expect(environmentOf({}, {}, places).CREDENTIALS_DIRECTORY).toBe(folder);
  expect(environmentOf({}, { isRole: true }, places)).toEqual({});
  expect(environmentOf({ CREDENTIALS_DIRECTORY: '/x' }, {}, places).CREDENTIALS_DIRECTORY).toBe('/x');
  expect(environmentOf({}, {}, [join(folder, 'gone')])).toEqual({});
});

it.each([
  ['one line end of an editor', 'a secret\n', 'a secret'],
  ['that of another system', 'a secret\r\n', 'a secret'],
  ['no more than one', 'a secret\n\n', 'a secret\n'],
  ['no blanks', ' a secret \n', ' a secret '],
])('%s is taken off a credential', async (_, text, value) => {
  await save('PASS', text);
  expect(passOf()).toEqual({ value });
});

it.each([
  ['is not there', async () => {}, /^\$PASS is not set in the environment, and there is no credential of that name: /],
  ['is empty', () => save('PASS', '\n'), /^\$PASS is not set in the environment, and its credential is empty: /],
  ['is a link', () => symlink('/etc/hostname', join(folder, 'PASS')), /, and its credential cannot be read: ELOOP/],
  ['is a folder', () => mkdir(join(folder, 'PASS')), /, and its credential cannot be read: .* is no plain file/],
  ['is endless', () => save('PASS', 'x'.repeat(70_000)), /cannot be read: .* has 70000 bytes/],
])('a credential that %s is a sentence', async (_, make, sentence) => {
  await make();
  expect(passOf()).toEqual({ problem: expect.stringMatching(sentence) });
});

it('without a folder of credentials none is spoken of', () => {
  expect(namedValue('PASS', {})).toEqual({
    problem: '$PASS is not set in the environment: set it, or write the value here',
  });
});

it('weir.yaml takes its secrets from there, and a missing one has its place', async () => {
  const text = `broker: {url: redis://127.0.0.1:6390, password: $PASS}
pools:
  logs:
    vip: {address: 10.0.0.9}
    vrrp: {interface: eth0, virtual_router_id: 51}
    members:
      a: {address: 10.0.0.1, priority: 254}
      b: {address: 10.0.0.2, priority: 250}
`;
  const parse = () =>
    parseConfig({ file: 'weir.yaml', text, env: { CREDENTIALS_DIRECTORY: folder }, cwd: '/', root: true });
  expect(parse).toThrow(/^weir\.yaml:1:49 \$PASS is not set/);
  await save('PASS', 'geheim\n');
  expect(parse().broker.password?.reveal()).toBe('geheim');
});
