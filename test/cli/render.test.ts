/** `weir render` as people run it: mistakes with their place, passwords that do not print, privileges that are missing. */

import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from '../support/temp-dir.ts';

const MAIN = join(import.meta.dirname, '../../dist/bundle/weir.js');
const PASSWORD = 'geheim';
const NOBODY = 65_534;
const AS_ROOT = process.getuid?.() === 0;
const INTERFACE = Object.keys(networkInterfaces()).find((name) => name !== 'lo') ?? 'lo';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let dir: string;
let root: string;
beforeEach(async () => {
  dir = await tempDir();
  root = join(dir, 'root');
});

/** `before` is the program, with its arguments, that starts it. */
function weir(args: readonly string[], before: readonly string[] = []): Promise<Ended> {
  const [program, ...rest] = [...before, process.execPath, MAIN, 'render', '--node', 'a', ...args];
  const { WEIR_CONFIG: _, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(program as string, rest, { env: { ...env, VRRP_PASS: PASSWORD } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

const GOOD = `state_dir: DIR/state
keepalived: {pid_file: DIR/keepalived.pid, dump_file: DIR/keepalived.json, run_dir: DIR/run}
pools:
  logs:
    vip: {address: 192.168.81.229, port: 6379}
    vrrp: {interface: ${INTERFACE}, virtual_router_id: 51, version: 2, auth: $VRRP_PASS}
    members:
      a: {address: 192.168.81.51, priority: 254}
      b: {address: 192.168.81.234, priority: 250}
`;

async function config(change: (text: string) => string = (text) => text): Promise<string> {
  const path = join(dir, 'weir.yaml');
  await writeFile(path, change(GOOD).replaceAll('DIR', dir));
  return path;
}

const METRICS = `  metrics:
    vip: {address: 192.168.81.230, port: 6380}
    vrrp: {interface: ${INTERFACE}, virtual_router_id: 52}
    members:
      a: {address: 192.168.81.51, priority: 254}
      b: {address: 192.168.81.234, priority: 250}
`;

describe('bad input is one line with its place and exit code 2, and nothing is written', () => {
  it.each<[string, (text: string) => string, RegExp]>([
    ['a VIP that is a member', (text) => text.replace('81.229', '81.51'), /:8:20 192\.168\.81\.51 is the VIP/],
    ['two members with one address', (text) => text.replace('81.234', '81.51'), /:9:20 .* is the address of a already/],
    ['priority 0', (text) => text.replace('254', '0'), /:8:45 .*expected a whole number from 1 to 254/],
    ['priority 255', (text) => text.replace('254', '255'), /:8:45 .*expected a whole number from 1 to 254/],
    [
      'an interval that VRRP version 2 cannot carry',
      (text) => text.replace('version: 2', 'version: 2, advert_interval: 200ms'),
      /:6:81 advert_interval is 200 ms, expected whole seconds with version 2/,
    ],
    [
      'two instances under backup-only',
      (text) => text + METRICS,
      /:12:\d+ logs, metrics: lvs\.loop_guard backup-only works for a whole kernel/,
    ],
    [
      'a mark by MAC without the MAC',
      (text) => text.replace('    vrrp:', '    lvs: {loop_guard: ingress-mark}\n    vrrp:'),
      /:10:10 logs: .* give members\.b a mac/,
    ],
  ])('%s', async (_, change, sentence) => {
    const { code, stdout, stderr } = await weir(['--out', root, '-c', await config(change)]);

    expect(stderr).toMatch(sentence);
    expect(stderr).toMatch(/^\S+weir\.yaml:\d+:\d+ .*\n$/);
    expect([code, stdout, existsSync(root)]).toEqual([2, '', false]);
  });
});

describe('the VRRP password', () => {
  it('does not print, and is in the file that only its owner reads, also where another file stood', async () => {
    const file = join(root, 'etc/keepalived/keepalived.conf');
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, '');
    await chmod(file, 0o644);
    const path = await config();

    const printed = await weir(['-c', path]);
    const written = await weir(['--out', root, '-c', path]);

    expect(printed.stdout).toMatch(/^ {4}auth_pass \[secret\]$/m);
    expect(printed.stdout + printed.stderr + written.stdout + written.stderr).not.toContain(PASSWORD);
    expect(await readFile(file, 'utf8')).toContain(`auth_pass ${PASSWORD}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is not shown by --diff on either side, but that it is another', async () => {
    const path = await config();
    await weir(['--out', root, '-c', path]);
    const conf = join(root, 'etc/keepalived/keepalived.conf');
    await writeFile(conf, (await readFile(conf, 'utf8')).replace(PASSWORD, 'anders'));
    await mkdir(join(dir, 'live'));

    const { code, stdout } = await weir(['--diff', '-c', path, '--root', root]);

    expect(code).toBe(1);
    expect(stdout).toMatch(/^- {4}auth_pass \[another secret\]\n\+ {4}auth_pass \[secret\]$/m);
    expect(stdout).not.toMatch(/geheim|anders/);
  });
});

describe('--apply', () => {
  const apply = async (before: readonly string[] = [], change?: (text: string) => string) =>
    weir(['--apply', '--root', root, '-c', await config(change)], before);
  const nothing = () => expect(readdirSync(dir)).toEqual(['weir.yaml']);

  it('goes with neither --out nor --diff', async () => {
    expect(await weir(['--apply', '--diff', '-c', await config()])).toMatchObject({ code: 2 });
  });

  it.runIf(AS_ROOT)('without privileges is one sentence and changes nothing', async () => {
    await chmod(dir, 0o755);
    const { code, stdout, stderr } = await apply(['setpriv', `--reuid=${NOBODY}`, '--clear-groups']);

    expect(stderr).toMatch(/^--apply was run as uid 65534 and changed nothing: .* run it as root on the server\.\n$/);
    expect([code, stdout]).toEqual([2, '']);
    nothing();
  });

  it.runIf(AS_ROOT)('as root without CAP_NET_ADMIN too', async () => {
    const { code, stderr } = await apply(['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin']);

    expect(stderr).toMatch(/^--apply was run as root without CAP_NET_ADMIN and changed nothing: /);
    expect(code).toBe(2);
    nothing();
  });

  it.runIf(AS_ROOT)('with an interface that this server has not: its place, and nothing changed', async () => {
    const { code, stdout, stderr } = await apply([], (text) =>
      text.replace(`interface: ${INTERFACE}`, 'interface: eth9'),
    );

    expect(stderr).toMatch(/^\S+weir\.yaml:6:23 this server has no interface eth9; it has lo/);
    expect([code, stdout]).toEqual([2, '']);
    nothing();
  });

  it.runIf(AS_ROOT)("a member's own interface has its own place", async () => {
    const own = (text: string) => text.replace('priority: 254', 'priority: 254, interface: eth9');

    expect((await apply([], own)).stderr).toMatch(/^\S+weir\.yaml:8:61 this server has no interface eth9; /m);
    nothing();
  });

  // Where there is no /proc/modules nothing is a module, and this kernel has no ip_vs built in.
  it.runIf(AS_ROOT && !existsSync('/proc/modules'))('with a scheduler that this kernel has not', async () => {
    const { code, stderr } = await apply([], (text) =>
      text.replace('    vrrp:', '    lvs: {scheduler: sh}\n    vrrp:'),
    );

    expect(stderr).toMatch(/^\S+weir\.yaml:6:22 this kernel has no scheduler sh \(module ip_vs_sh\): .*\n$/);
    expect(code).toBe(2);
    nothing();
  });
});
