/** `weir seal new` and `weir broker acl` as people run them. */

import { expect, it } from 'vitest';
import { isKeyText, privateKeyOf, publicTextOf } from '../../src/broker/seal/keys.ts';
import { ownFolder, weir } from './fixture.ts';

const folder = ownFolder();

it('a new pair fits, and is another one each time', async () => {
  const [{ code, stdout }, other] = await Promise.all([weir(['seal', 'new']), weir(['seal', 'new'])]);

  expect(code).toBe(0);
  const [, privateText = '', publicText = ''] = /^WEIR_SEAL_KEY=(\S+)\npublic: (\S+)\n$/.exec(stdout) ?? [];
  expect([privateText, publicText].every(isKeyText)).toBe(true);
  expect(publicTextOf(privateKeyOf(privateText))).toBe(publicText);
  expect(other.stdout).not.toBe(stdout);
});

it('a line for the worker, the terminals and each node on stdout, and the password nowhere', async () => {
  const text = folder.config({ port: 6379, http: 8480, broker: 'redis://127.0.0.1:1' });
  const config = await folder.file('weir.yaml', text.replace('broker: {', 'broker: {password: geheim, '));

  const { code, stdout, stderr } = await weir(['broker', 'acl', '-c', config]);

  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => line.split(' ').slice(0, 6).join(' '))).toEqual([
    'ACL SETUSER weir-worker reset on <PASSWORD>',
    'ACL SETUSER weir-terminal reset on <PASSWORD>',
    'ACL SETUSER weir-node-a reset on <PASSWORD>',
    'ACL SETUSER weir-node-b reset on <PASSWORD>',
  ]);
  expect(lines[2]).toContain(' ~weir:queue:act-a:* ');
  expect(lines[2]).not.toMatch(/act-b|weir:rules| \+(config|flushall|keys|shutdown|@)/);
  expect(stderr).toMatch(/^- For redis-cli on the broker/);
  expect(`${stdout}${stderr}`).not.toContain('geheim');
});
