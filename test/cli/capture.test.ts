/** `weir capture` and `weir read` as people run them: files, exit codes, one line for what is wrong. */

import { execFileSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { freePort } from '../../lab/free-port.ts';
import type { Readout } from '../../src/model/readings/readout.ts';
import { startRedis } from '../support/redis.ts';
import { tempDir } from '../support/temp-dir.ts';
import { ownFolder, weir } from './fixture.ts';

// A process for each, side by side, on a busy machine: limits, not expectations.
vi.setConfig({ testTimeout: 600_000 });

const folder = ownFolder();
const CASES = join(import.meta.dirname, '../cases/readings');

describe.concurrent('weir capture', () => {
  it('writes a file for its owner alone, says what it lacks, and weir read takes it', async ({ onTestFinished }) => {
    const server = await startRedis({ tcp: true });
    onTestFinished(() => server.stop());
    const config = await folder.file('pool.yaml', folder.config({ port: server.port, http: 7997 }));
    const out = join(await tempDir(), 'capture.json');

    // A machine that is busy beyond measure may keep a member from answering within the limit for people.
    const once = () => weir(['capture', 'logs', 'a', '--polls', '1', '--out', out, '--force', '-c', config]);
    let told = await once();
    while (told.code === 3) told = await once();

    expect(told).toMatchObject({ code: 0, stdout: `${out}\n` });
    expect(told.stderr).toMatch(/^(- [A-Z/k].+\.\n)+$/);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    const { code, stdout } = await weir(['read', out, '--json']);
    const { kind, parts } = JSON.parse(stdout) as Readout;
    expect({ code, kind, first: parts[0] }).toMatchObject({
      ...{ code: 0, kind: 'capture' },
      first: { about: 'member', name: 'a', polls: [{ signals: { answering: true, queue_depth: 0 } }] },
    });
  });

  it("never overwrites without being told, and makes what it overwrites its owner's", async () => {
    const config = await folder.file('away.yaml', folder.config({ port: await freePort(), http: 7996 }));
    const out = await folder.file('there.json', 'mine');

    const refused = await weir(['capture', 'logs', '--out', out, '-c', config]);
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^\S+there\.json is not written: it is there already/),
    });
    expect(await readFile(out, 'utf8')).toBe('mine');

    const forced = await weir(['capture', 'logs', '--out', out, '--force', '-c', config]);
    expect(forced).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/\nNothing of pool logs could be had from this host; the file says so\.\n$/),
    });
    expect(JSON.parse(await readFile(out, 'utf8'))).toMatchObject({
      kind: 'capture',
      notHad: expect.arrayContaining([expect.stringMatching(/^Redis of member a gives no answer/)]),
    });
    expect((await stat(out)).mode & 0o777).toBe(0o600);
  });

  it.each([
    [['logs', 'zebra'], /^Pool logs has no member or node zebra; there are a, b\.\n$/],
    [['nope'], /^There is no pool nope/],
    [['logs', '--polls', '0'], /^--polls 0: expected a whole number from 1 to 60\.\n$/],
  ])('refuses %s in one line', async (args, sentence) => {
    const config = await folder.file('bad.yaml', folder.config({ port: 7995, http: 7994 }));

    expect(await weir(['capture', ...args, '-c', config])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(sentence),
    });
  });
});

describe.concurrent('weir read', () => {
  it('says what is known, what is unknown, and the troubles as sentences', async () => {
    const { code, stdout } = await weir(['read', join(CASES, 'server-noauth.json')]);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}answering +yes$/m);
    expect(stdout).toMatch(/^ {2}writable +unknown$/m);
    expect(stdout).toMatch(/^! Redis of member a refuses the password: set redis\.password of the pool\.$/m);
  });

  it('tells poll from poll', async () => {
    const { stdout } = await weir(['read', join(CASES, 'info-misconf-drained.json')]);

    expect(stdout).toMatch(/^member a, 6 polls in 5 s$/m);
    expect(stdout).toMatch(/^ {2}refusal +poll 1 unknown, 2-5 MISCONF, 6 none$/m);
  });

  it('reads a table and a dump for the pool of a weir.yaml, and without one as they stand', async () => {
    const yaml =
      'pools:\n  logs:\n    vip: {address: 192.0.2.229}\n    vrrp: {interface: eth0, virtual_router_id: 51}\n';
    const members =
      '    members:\n      a: {address: 192.0.2.51, priority: 254}\n      b: {address: 192.0.2.234, priority: 250}\n';
    const config = await folder.file('cases.yaml', yaml + members);

    const asPool = await weir(['read', join(CASES, 'ipvs-port-0.txt'), '-c', config]);
    const alone = await weir(['read', join(CASES, 'vrrp-vmac.json')]);

    expect(asPool.stdout).toMatch(/^ {2}a +100 +4 +0\n {2}b +0 +2 +0$/m);
    expect(alone.stdout).toMatch(/^pool 192\.0\.2\.229, the director's VRRP side\n {2}state +MASTER$/m);
    expect(alone.stdout).toMatch(/^! No weir\.yaml is known \(-c\)/m);
  });

  it.each([
    ['torn.json', '{"polls": [', [], /^\S*torn\.json:1:12 this is no JSON: it ends too early\.\n$/],
    ['odd.txt', 'hello', [], /^\S*odd\.txt:1:1 what this is cannot be told .*: say --as info, clients, /],
    ['odd.json', '{"kind": "server", "everyMs": "1"}', [], /^\S*odd\.json:1:31 everyMs is "1", expected a number\n$/],
    ['no-dump.json', '{"vrrp": 3}', [], /^\S*no-dump\.json:1:1 this is no dump of keepalived/],
    ['info-a.txt', 'role:master', ['--as', 'nothing'], /^error: option '--as <kind>' argument 'nothing' is invalid/],
  ])('refuses %s in one line', async (name, text, args, sentence) => {
    const file = await folder.file(name, text);

    const { code, stdout, stderr } = await weir(['read', file, ...args]);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
  });

  it('does not wait for what is no file', async () => {
    const fifo = join(folder.path(), 'fifo');
    execFileSync('mkfifo', [fifo]);

    for (const [path, why] of [
      [fifo, /is no plain file/],
      [folder.path(), /cannot be read/],
      ['/nowhere', /ENOENT/],
    ] as const) {
      const { code, stderr } = await weir(['read', path]);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(why) });
    }
  });
});
