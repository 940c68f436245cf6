import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import type { WeirConfig } from '../../../src/model/configuration/config.ts';
import { restoreHere, timeAlone } from '../../../src/operations/requests/restore-locally.ts';
import { tempDir } from '../../support/temp-dir.ts';

let folder: string;
let config: WeirConfig;

/** This host is node a of pool other; its lease file knows pool logs of a weir.yaml before. */
beforeEach(async () => {
  folder = await tempDir();
  config = parseConfig({
    file: 'weir.yaml',
    text: `
state_dir: ${folder}
pools:
  other:
    vip: {address: 10.0.0.9, port: 6379}
    vrrp: {interface: eth0, virtual_router_id: 51}
    members:
      a: {address: 127.0.0.1, priority: 254}
      c: {address: 10.0.0.2, priority: 250}
`,
    env: {},
    cwd: '/',
    root: true,
  });
  const lease = { id: '1-1.request.b', weight: 0, until: 1, owner: 'person:ann', reason: 'disks', phase: 'held' };
  const hold = { base: 100, leases: [lease], wasUnlisted: false, reassertedAt: [], contested: false };
  const logs = { holds: { b: hold }, removed: {}, ended: {}, acted: [] };
  await writeFile(join(folder, 'leases.json'), JSON.stringify({ version: 1, pools: { logs } }));
});

it.each(['logs/b', 'b'])('takes a name that only the lease file has: %s', async (target) => {
  expect(await restoreHere(config, target, 'root@a')).toBe(
    'a has forgotten what it held of logs/b. Nobody wrote down where the member stands in the table: look with `ipvsadm -Ln`, and set its weight yourself.',
  );
  const file = JSON.parse(await readFile(join(folder, 'leases.json'), 'utf8')) as {
    pools: { logs: { holds: object } };
  };
  expect(file.pools.logs.holds).toEqual({});
  await expect(restoreHere(config, target, 'root@a')).rejects.toThrow(`There is no member ${target}`);
});

it('goes by no time that is later than it is, whatever this machine’s clock says: what it ends is remembered and told by that', async () => {
  const time = timeAlone(5_000);
  expect(time.isTimeKnown()).toBe(false);
  expect(time.brokerNow()).toBeGreaterThanOrEqual(5_000);
  expect(time.brokerNow()).toBeLessThan(600_000);
  await expect(time.askBrokerNow()).rejects.toThrow('No broker is asked.');
});

it('says which names there are of one that neither has', async () => {
  await expect(restoreHere(config, 'logs/x', 'root@a')).rejects.toThrow('There is no member logs/x');
});

it('takes no name that could be two: of the lease file, or of the file and of weir.yaml', async () => {
  const path = join(folder, 'leases.json');
  const { pools } = JSON.parse(await readFile(path, 'utf8')) as { pools: { logs: { holds: { b: object } } } };
  const { b } = pools.logs.holds;
  const held = (holds: object) => ({ ...pools.logs, holds });
  for (const [all, name, both] of [
    [{ logs: held({ b }), old: held({ b }) }, 'b', 'logs/b or old/b'],
    [{ logs: held({ c: b }) }, 'c', 'logs/c or other/c'],
  ] as const) {
    await writeFile(path, JSON.stringify({ version: 1, pools: all }));
    const before = await readFile(path, 'utf8');
    await expect(restoreHere(config, name, 'root@a')).rejects.toThrow(
      expect.objectContaining({ code: 'usage', message: `${name} may be ${both}: write which.` }),
    );
    expect(await readFile(path, 'utf8')).toBe(before);
  }
  expect(await restoreHere(config, 'logs/c', 'root@a')).toContain('a has forgotten what it held of logs/c.');
});
