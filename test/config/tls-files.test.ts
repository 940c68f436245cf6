/** The files that `tls` of weir.yaml names, as they are when Weir starts: what is wrong with one is said with its place. */

import { execFile } from 'node:child_process';
import { chmod, copyFile, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { createAuthority, type KeyPair } from '../../lab/certificates.ts';
import { loadConfig } from '../../src/config/load.ts';
import { tempDir } from '../support/temp-dir.ts';

const POOL = `pools:
  logs:
    vip: {address: 10.0.0.9}
    vrrp: {interface: eth0, virtual_router_id: 51}
    members: {a: {address: 10.0.0.1, priority: 254}, b: {address: 10.0.0.2, priority: 250}}
`;

let dir = '';
let ca = '';
let own: KeyPair;
beforeAll(async () => {
  dir = await tempDir();
  const authority = await createAuthority(dir);
  ca = authority.ca;
  own = await authority.issue('own');
  await authority.issue('other');
});

async function load(tls: string, pool = ''): Promise<unknown> {
  const path = join(dir, 'weir.yaml');
  const broker = tls === '' ? '' : `broker:\n  url: rediss://127.0.0.1\n  tls:\n    ${tls}\n`;
  await writeFile(path, `${broker}${POOL}${pool}`);
  return loadConfig({ path, env: {}, cwd: dir });
}

it('files that are in order are taken, relative to weir.yaml, through links as what renews them makes them', async () => {
  await symlink('own.cert.pem', join(dir, 'link.pem'));
  expect(await load('{ca: ca.pem, cert: link.pem, key: own.key.pem, server_name: broker.test}')).toMatchObject({
    broker: { tls: { ca, cert: join(dir, 'link.pem'), key: own.key, serverName: 'broker.test' } },
  });
});

/** What stands in weir.yaml, what is done to a file before, and what is said. */
const WRONG: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
  ['ca: none.pem', async () => {}, /:4:9 broker\.tls\.ca is \S+none\.pem, and there is no such file$/],
  ['ca: .', async () => {}, /:4:9 broker\.tls\.ca is \S+, which cannot be used: \S+ is no plain file/],
  ['ca: text.pem', () => put('text.pem', 'no certificate\n'), /:4:9 .* which holds no whole certificate/],
  ['ca: empty.pem', () => put('empty.pem', ''), /which holds no whole certificate/],
  ['ca: half.pem', () => half('ca.pem', 'half.pem'), /which holds no whole certificate/],
  ['ca: bad.pem', () => damaged('ca.pem', 'bad.pem'), /which holds a damaged certificate$/],
  ['ca: open.pem', () => copied('ca.pem', 'open.pem', 0o666), /every user of this machine may write: chmod o-w \S+$/],
  [
    '{cert: own.cert.pem, key: open.key}',
    () => copied('own.key.pem', 'open.key', 0o644),
    /:4:31 broker\.tls\.key is \S+open\.key, which is open to every user of this machine: chmod o= \S+$/,
  ],
  [
    '{cert: own.cert.pem, key: half.key}',
    () => half('own.key.pem', 'half.key'),
    /broker\.tls\.key is \S+, which holds no whole private key/,
  ],
  [
    '{cert: own.cert.pem, key: locked.key}',
    () => run('openssl', ['ec', '-aes128', '-passout', 'pass:x', '-in', own.key, '-out', join(dir, 'locked.key')]),
    /broker\.tls\.key is \S+, which has a passphrase/,
  ],
  [
    '{cert: other.cert.pem, key: own.key.pem}',
    async () => {},
    /broker\.tls\.key is \S+own\.key\.pem, which is not the key of \S+other\.cert\.pem$/,
  ],
];

const run = promisify(execFile);
const put = (name: string, text: string) => writeFile(join(dir, name), text, { mode: 0o600 });
const half = async (from: string, to: string) => {
  const text = await readFile(join(dir, from), 'utf8');
  await put(to, text.slice(0, text.length / 2));
};
const damaged = async (from: string, to: string) =>
  put(to, (await readFile(join(dir, from), 'utf8')).replace(/\nMII/, '\nMAA'));
const copied = async (from: string, to: string, mode: number) => {
  await copyFile(join(dir, from), join(dir, to));
  await chmod(join(dir, to), mode);
};

it.each(WRONG)('what is wrong is one line with its place: %s', async (tls, prepare, says) => {
  await prepare();
  await expect(load(tls)).rejects.toThrow(says);
  await expect(load(tls)).rejects.toThrow(/^[^\n]*weir\.yaml:\d+:\d+ [^\n]*$/);
});

it('that of a pool is said of its pool', async () => {
  await expect(load('', '    redis: {tls: {ca: none.pem}}\n')).rejects.toThrow(
    /weir\.yaml:6:23 pools\.logs\.redis\.tls\.ca is \S+none\.pem, and there is no such file$/,
  );
});

it.runIf(process.getuid?.() === 0)('that of another user than root and Weir is not believed', async () => {
  await copied('own.key.pem', 'theirs.key', 0o600);
  await run('chown', ['12345', join(dir, 'theirs.key')]);
  await expect(load('{cert: own.cert.pem, key: theirs.key}')).rejects.toThrow(
    /belongs to user 12345, whose word does not count/,
  );
});
