/** Files of others, links, modes, units, the lock file, and rule files that never end. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createRunToEnd } from '../../../src/lib/run-program.ts';
import { ROOT } from '../../paths.ts';
import { asSaidIf, type HostAttack, heldUnless, type PoolAttack } from '../attack.ts';

const NOBODY = 65_534;
const ANALYZE = '/usr/bin/systemd-analyze';
const isRoot = process.getuid?.() === 0;

const units: HostAttack = {
  of: 'M4',
  tries: 'systemd-analyze security of the rendered units; a secret handed over by a credential',
  async run(host) {
    const { path } = await host.config('units', { broker: '{url: "redis://127.0.0.1:1"}' });
    const out = join(host.dir, 'rendered');
    const { code, text } = await host.weir(['render', '--node', 'a', '--out', out, '-c', path]);
    if (code !== 0) return heldUnless(true, text);
    const files = readdirSync(out, { recursive: true }).map(String);
    const unit = files.find((name) => name.endsWith('weir-node.service'));
    if (unit === undefined) return heldUnless(true, `no unit among ${files.join(', ')}`);
    const node = await readFile(join(out, unit), 'utf8');
    const hardened = /^NoNewPrivileges=yes|^NoNewPrivileges=true/m.test(node) && /^CapabilityBoundingSet=/m.test(node);
    const handed = /LoadCredential|EnvironmentFile/.test(node);
    if (!existsSync(ANALYZE)) return heldUnless(!hardened || !handed, 'hardened by its text; no systemd-analyze here');
    const run = createRunToEnd({ timeoutMs: 30_000 });
    const { stdout } = await run(ANALYZE, ['security', '--offline=true', '--no-pager', join(out, unit)]);
    const rated = Number(/exposure level for \S+: (\d+\.\d+)/.exec(stdout)?.[1]);
    return heldUnless(!(rated <= 3) || !handed, `${rated} for the node; LoadCredential and EnvironmentFile are there`);
  },
};

const ofOthers: HostAttack = {
  of: 'M7',
  tries: 'a weir.yaml of nobody in the folder where root stands; shell and line breaks in three paths',
  async run(host) {
    const port = '{url: "redis://127.0.0.1:1"}';
    const came: string[] = [];
    if (isRoot) {
      const { path } = await host.config('theirs/weir', { broker: port });
      await chown(path, NOBODY, NOBODY);
      await chmod(path, 0o666);
      const { code } = await host.weir(['status'], { cwd: join(host.dir, 'theirs') });
      if (code !== 2) came.push(`the file of nobody: exit ${code}`);
    }
    for (const keepalived of [
      `{pid_file: '/run/$(touch ${host.dir}/PWNED)k.pid'}`,
      String.raw`{run_dir: "/run/x\nvrrp_script { script \"/tmp/evil\" user root }"}`,
      `{dump_file: '/run/a;b'}`,
    ]) {
      const { path } = await host.config('paths', { broker: port, more: [`keepalived: ${keepalived}`] });
      const { code, text } = await host.weir(['render', '--node', 'a', '-c', path]);
      if (code === 0 && /\$\(touch|vrrp_script \{ script|;b/.test(text)) came.push(keepalived);
    }
    return heldUnless(
      came.length > 0 || existsSync(join(host.dir, 'PWNED')),
      came.join('; ') || `refused${isRoot ? '' : ' (not root here: no file of others)'}`,
    );
  },
};

const links: HostAttack = {
  of: 'L6',
  tries: '`weir render --out` into a folder where every .<name>.new is a link to a file of root',
  async run(host) {
    const { path } = await host.config('links', { broker: '{url: "redis://127.0.0.1:1"}' });
    const [probe, out] = [join(host.dir, 'probe'), join(host.dir, 'prepared')];
    await host.weir(['render', '--node', 'a', '--out', probe, '-c', path]);
    const victim = await host.file('victim', 'of root\n', 0o644);
    const names = readdirSync(probe, { recursive: true }).map(String);
    for (const name of names) {
      const file = join(out, name);
      if (statSync(join(probe, name)).isDirectory()) await mkdir(file, { recursive: true });
      else {
        await mkdir(join(file, '..'), { recursive: true });
        const parts = name.split('/');
        await symlink(victim, join(out, ...parts.slice(0, -1), `.${parts.at(-1)}.new`));
      }
    }
    await host.weir(['render', '--node', 'a', '--out', out, '-c', path]);
    const text = await readFile(victim, 'utf8');
    const mode = (statSync(victim).mode & 0o777).toString(8);
    return heldUnless(
      text !== 'of root\n' || mode !== '644',
      `${names.length} files; that of root is as it was, ${mode}`,
    );
  },
};

const recording: PoolAttack = {
  of: 'L5',
  tries: 'the worker’s recording, as another user of the machine',
  mode: 'require',
  async run({ bench }) {
    const dir = join(bench.dir, 'state-worker');
    const names = readdirSync(dir, { recursive: true }).map(String);
    const files = names.filter((name) => statSync(join(dir, name)).isFile());
    const open = files.filter((name) => (statSync(join(dir, name)).mode & 0o077) !== 0);
    const recorded = files.filter((name) => name.includes('record'));
    return heldUnless(
      open.length > 0 || files.length === 0,
      `${recorded.length} of ${files.length} files are recordings; readable by others: ${open.join(', ') || 'none'}`,
    );
  },
};

const supply: HostAttack = {
  of: 'L12',
  tries: 'the lock file and package.json',
  async run() {
    const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<
        Record<string, { integrity?: string; resolved?: string; dev?: boolean; optional?: boolean }>
      >;
    };
    const { license } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { license?: string };
    const all = Object.entries(lock.packages).filter(([name]) => name !== '');
    const bare = all.filter(([, { integrity }]) => integrity === undefined);
    const needed = bare.filter(([, { dev, optional }]) => dev !== true && optional !== true);
    return asSaidIf(
      needed.length === 0 && license !== undefined,
      `${all.length} packages; without a hash: ${needed.length} that are needed, ${bare.length - needed.length} optional or of tests; license ${license}`,
    );
  },
};

/** Ten aliases of ten, nine times. */
function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 10; i += 1)
    lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`);
  return `version: 1\n${lines.join('\n')}\n`;
}

const rule = (when: string) =>
  `version: 1\nowner: x\nrules:\n  - name: x\n    for_each: member\n    when: '${when}'\n    severity: warn\n    tell: {title: x}\n`;

const endless: HostAttack = {
  of: 'held: yaml and cel',
  tries: 'aliases of aliases, 20,000 levels, doubled and __proto__ keys, tags, endless expressions',
  async run(host) {
    const texts: Readonly<Record<string, string>> = {
      aliases: bomb(),
      levels: `version: 1\nrules: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`,
      doubled: 'version: 1\nversion: 2\nrules: []\n',
      proto: 'version: 1\n__proto__: {x: 1}\nrules: []\n',
      tag: 'version: 1\nrules: !!js/function "x"\n',
      two: 'version: 1\nrules: []\n---\nversion: 1\n',
      long: rule(`${'!'.repeat(3_000)}member.writable`),
      deep: rule(`peers.exists(p, ${'peers.exists(p, '.repeat(8)}p.writable${')'.repeat(9)}`),
    };
    const came: string[] = [];
    let longest = 0;
    for (const [name, text] of Object.entries(texts)) {
      const {
        code,
        tookMs,
        text: said,
      } = await host.weir(['rules', 'check', await host.file(`rules-${name}/x.yaml`, text)]);
      longest = Math.max(longest, tookMs);
      if (code === 0 || code === null || /\n {4}at /.test(said)) came.push(`${name}: exit ${code}`);
    }
    return heldUnless(
      came.length > 0 || longest > 30_000,
      came.join(', ') || `${Object.keys(texts).length} files refused, ${(longest / 1_000).toFixed(1)} s at most`,
    );
  },
};

export const FILE_ATTACKS: readonly HostAttack[] = [units, ofOthers, links, supply, endless];
export const RECORDING_ATTACKS: readonly PoolAttack[] = [recording];
