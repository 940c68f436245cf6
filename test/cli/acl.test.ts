/** `weir acl` as people run it. */

import { expect, it } from 'vitest';
import { ownFolder, weir } from './fixture.ts';

const folder = ownFolder();

it('the line is for redis-cli alone on stdout, what to do with it on stderr, and the password nowhere', async () => {
  const config = await folder.file('weir.yaml', folder.config({ port: 6379, http: 8480, password: 'geheim' }));

  const { code, stdout, stderr } = await weir(['acl', 'logs', '-c', config]);

  expect(code).toBe(0);
  expect(stdout).toMatch(/^ACL SETUSER weir reset on <PASSWORD> %R~logstash %W~weir:probe\* \+info [^\n]*\n$/);
  expect(stderr).toMatch(/^- For redis-cli on each member of logs/);
  expect(stderr).toMatch(/^- logs logs in as everybody does: give it redis: \{username: weir/m);
  expect(`${stdout}${stderr}`).not.toContain('geheim');
});

it('a pool or a feature that is not there is one line and exit code 2', async () => {
  const config = await folder.file('weir.yaml', folder.config({ port: 6379, http: 8480 }));

  expect(await weir(['acl', 'lgos', '-c', config])).toEqual({
    ...{ code: 2, stdout: '' },
    stderr: 'There is no pool lgos: did you mean "logs"?\n',
  });
  expect(await weir(['acl', 'logs', '--features', 'movin', '-c', config])).toEqual({
    ...{ code: 2, stdout: '' },
    stderr: '--features: there is no "movin": did you mean "moving"?\n',
  });
});
