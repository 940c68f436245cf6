/** The rendered units, as systemd itself reads and rates them. What they do when it runs them: test/faults/units.test.ts. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { build, workerFiles } from '../../../src/provision/render/files.ts';
import { layoutUnder } from '../../../src/provision/render/layout.ts';
import { tempDir } from '../../support/temp-dir.ts';

const ANALYZE = '/usr/bin/systemd-analyze';

function files(more = '', root = true): Record<string, string> {
  const text = `${more}
pools:
  logs:
    vip: {address: 192.168.81.229}
    lvs: {loop_guard: ingress-mark}
    vrrp: {interface: eth0, virtual_router_id: 51}
    members:
      a: {address: 192.168.81.51, priority: 254, mac: "02:00:00:00:00:0a"}
      b: {address: 192.168.81.234, priority: 250, mac: "02:00:00:00:00:0b"}
`;
  const config = parseConfig({ file: 'weir.yaml', text, env: {}, cwd: '/', root });
  const made = [...build(config, 'a', layoutUnder('/', config.keepalived.runDir)).files, ...workerFiles('/')];
  return Object.fromEntries(made.map((file) => [file.path.replace('/etc/systemd/system/', ''), file.text]));
}

describe.runIf(existsSync(ANALYZE))('systemd-analyze', () => {
  it.each([
    ['weir-node.service', 3],
    ['weir-worker.service', 2],
    ['weir-address.service', 2],
  ])('rates the exposure of %s at most %f, and knows every word of it', async (name, most) => {
    const file = join(await tempDir(), name);
    await writeFile(file, files()[name] as string);

    // It also ends with a code where a unit is exposed.
    const { stdout } = await promisify(execFile)(ANALYZE, ['security', '--offline=true', '--no-pager', file]);
    const exposure = Number(/exposure level for \S+: (\d+\.\d+)/.exec(stdout)?.[1]);
    expect(exposure).toBeGreaterThan(0);
    expect(exposure).toBeLessThanOrEqual(most);

    const { stderr } = await promisify(execFile)(ANALYZE, ['verify', '--recursive-errors=no', file]).catch(
      (error: { stderr: string }) => error,
    );
    const others = stderr.split('\n').filter((line) => line.startsWith(file) || line.includes('Unknown'));
    expect(others).toEqual([]);
  });
});

describe('weir-node.service', () => {
  const node = (more?: string) => files(more)['weir-node.service'] ?? '';
  const writes = (text: string) => /^ReadWritePaths=(.*)$/m.exec(text)?.[1]?.split(' ');

  it('may write its run folder and its state, wherever weir.yaml has them', () => {
    expect(writes(node())).toEqual(['-/run/weir']);
    expect(writes(node('keepalived: {run_dir: /run/else}'))).toEqual(['-/run/else']);
    expect(writes(node('state_dir: /srv/weir'))).toEqual(['-/run/weir', '-/srv/weir']);
    expect(node('state_dir: "/srv/my weir\\nUser=x 100%"')).toContain(
      '\nReadWritePaths=-/run/weir "-/srv/my weir\\nUser=x 100%%"\n',
    );
    expect(node()).toContain('\nStateDirectory=weir\n');
  });

  it('sees /tmp as it is: a keepalived that was not started again writes its dump there', () => {
    expect(node()).not.toMatch(/^PrivateTmp=/m);
  });

  it('meets its start limit, also where each start takes ten seconds', () => {
    const of = (name: string) => Number(new RegExp(`^${name}=(\\d+)$`, 'm').exec(node())?.[1]);
    expect(of('StartLimitBurst') * (of('RestartSec') + 10)).toBeLessThanOrEqual(of('StartLimitIntervalSec'));
  });
});

describe("keepalived's drop-in", () => {
  const dropIn = (more?: string) => files(more)['keepalived.service.d/weir.conf'] ?? '';

  it("has it write its dump to a folder of root's, which is made for it", () => {
    expect(dropIn()).toMatch(
      /^Environment=TMPDIR=\/run\/keepalived\nRuntimeDirectory=keepalived\nRuntimeDirectoryMode=0700$/m,
    );
  });

  it('follows dump_file, and makes no folder of others', () => {
    expect(dropIn('keepalived: {dump_file: /tmp/keepalived.json}')).toMatch(/^Environment=TMPDIR=\/tmp\n$/m);
    expect(dropIn('keepalived: {dump_file: /run/vrrp/keepalived.json}')).toContain('RuntimeDirectory=vrrp\n');
  });
});
