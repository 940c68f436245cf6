import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { restorePolicy, withoutServices } from '../scripts/no-services.mjs';
import { DEBIAN_PACKAGES, installAdvice, isNodeTooOld, missingPackages, npmStamp } from '../scripts/setup.mjs';
import { tempDir } from './support/temp-dir.ts';

const ROOT = join(import.meta.dirname, '..');
let dir: string;
beforeEach(async () => {
  dir = await tempDir();
});

it('Node 20.19 is the oldest that will do', () => {
  const tooOld = ['16.20.2', '18.20.4', '20.9.0', '20.18.3'].map(isNodeTooOld);
  const fine = ['20.19.0', '20.20.2', '22.0.0', '24.1.0'].map(isNodeTooOld);

  expect([tooOld, fine]).toEqual([tooOld.map(() => true), fine.map(() => false)]);
});

describe('Debian packages', () => {
  const names = (entries: readonly { name: string }[]) => entries.map((entry) => entry.name);

  it('only what is missing, the browser only for the tests, the UML kernel only where Debian has it', () => {
    const there = (program: string) => program === 'redis-server' || program === 'ip';
    const cpuinfo = 'flags\t\t: fpu sse2 avx512f\n';

    expect(names(missingPackages(there, { arch: 'x64', tests: false, cpuinfo }))).toEqual([
      ...['keepalived', 'ipvsadm', 'iputils-arping', 'kmod', 'socat', 'fonts-dejavu-core'],
      ...['user-mode-linux', 'slirp'],
    ]);
    expect(names(missingPackages(there, { arch: 'arm64', tests: true, cpuinfo: '' }))).toEqual([
      ...['keepalived', 'ipvsadm', 'iputils-arping', 'kmod', 'socat', 'fonts-dejavu-core'],
      ...['gcc', 'openssl', 'systemd', 'chromium', 'prometheus-alertmanager'],
    ]);
    expect(missingPackages(() => true, { arch: 'x64', tests: true, cpuinfo })).toEqual([]);
  });

  it('a compiler for the tests, and for a processor on which the UML kernel does not start by itself', () => {
    const there = (program: string) => program !== 'gcc';
    const missing = (cpuinfo: string, tests: boolean) => names(missingPackages(there, { arch: 'x64', tests, cpuinfo }));
    const amx = 'flags : amx_bf16 avx512_fp16 amx_tile';

    expect([missing(amx, false), missing('flags : avx512_fp16', false)]).toEqual([['gcc'], []]);
    expect([missing(amx, true), missing('flags : avx512_fp16', true)]).toEqual([['gcc'], ['gcc']]);
  });

  it('who is not root, or has no apt-get, reads one line that says what to install', () => {
    const missing = DEBIAN_PACKAGES.filter((entry) => ['iproute2', 'socat'].includes(entry.name));

    expect(installAdvice(missing, true)).toMatch(
      /^Missing .* sudo apt-get install --no-install-recommends iproute2 socat$/,
    );
    expect(installAdvice(missing, false)).toMatch(
      /^Programs not found: ip, socat\. .* \(in Debian: iproute2 socat\)\.$/,
    );
  });
});

describe('while packages are installed no service may start', () => {
  let policy: string;
  beforeEach(() => {
    policy = join(dir, 'policy-rc.d');
  });

  /** What invoke-rc.d would be told. */
  async function answer(): Promise<number | undefined> {
    if (!existsSync(policy)) return undefined;
    const [code] = await once(spawn(policy, ['redis-server', 'start']), 'exit');
    return code as number;
  }
  async function existing(script: string): Promise<void> {
    await writeFile(policy, script);
    await chmod(policy, 0o750);
  }

  it('a policy is written and taken away again, also when the installation fails', async () => {
    const during = await withoutServices(policy, answer);
    await expect(withoutServices(policy, () => Promise.reject(new Error('apt-get failed')))).rejects.toThrow('apt-get');

    expect([during, await answer()]).toEqual([101, undefined]);
  });

  it('a policy that lets services start is set aside and put back as it was', async () => {
    await existing('#!/bin/sh\nexit 0\n');

    const during = await withoutServices(policy, answer);

    expect([during, await answer()]).toEqual([101, 0]);
    expect((await stat(policy)).mode & 0o777).toBe(0o750);
  });

  it('a policy that already forbids them is not touched', async () => {
    await existing('#!/bin/sh\nexit 101 # mine\n');

    const during = await withoutServices(policy, () => readFile(policy, 'utf8'));

    expect(during).toContain('# mine');
  });

  it('what a killed run left behind is put right by the next one', async () => {
    await existing('#!/bin/sh\nexit 0\n');
    const killed = withoutServices(policy, () => new Promise<never>(() => {}));
    void killed; // It never comes to its end.
    await expect.poll(answer, { timeout: 30_000 }).toBe(101);

    restorePolicy(policy);

    expect(await answer()).toBe(0);
  });
});

/** The real script, npm and tsc on a checkout of one source file, whose only package forwards to our tsc. */
describe('setup in a small checkout', () => {
  const lock = (version: string) => ({
    name: 'small',
    version,
    lockfileVersion: 3,
    packages: {
      '': { name: 'small', version, dependencies: { typescript: 'file:typescript' } },
      'node_modules/typescript': { resolved: 'typescript', link: true },
      typescript: { version: '1.0.0' },
    },
  });
  async function write(path: string, text: string | object): Promise<void> {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), typeof text === 'string' ? text : JSON.stringify(text));
  }
  async function writePackage(version: string): Promise<void> {
    const scripts = { build: 'node typescript/bin/tsc -p tsconfig.build.json' };
    await write('package.json', { name: 'small', version, scripts, dependencies: { typescript: 'file:typescript' } });
    await write('package-lock.json', lock(version));
  }
  function setup(): Promise<{ code: number; output: string; ms: number }> {
    const started = performance.now();
    return new Promise((resolve) => {
      execFile(process.execPath, [join(dir, 'scripts/setup.mjs')], (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code);
        resolve({ code, output: stdout + stderr, ms: performance.now() - started });
      });
    });
  }

  beforeEach(async () => {
    await mkdir(join(dir, 'scripts'));
    for (const name of ['setup.mjs', 'no-services.mjs', 'built.mjs']) {
      await copyFile(join(ROOT, 'scripts', name), join(dir, 'scripts', name));
    }
    await write('typescript/package.json', { name: 'typescript', version: '1.0.0', type: 'module' });
    await write('typescript/bin/tsc', `import ${JSON.stringify(join(ROOT, 'node_modules/typescript/bin/tsc'))};\n`);
    await write('tsconfig.json', {
      compilerOptions: { module: 'nodenext', target: 'es2023', types: [], rootDir: '.', outDir: 'dist' },
    });
    await copyFile(join(ROOT, 'tsconfig.build.json'), join(dir, 'tsconfig.build.json'));
    await write('src/one.ts', 'export const one: number = 1;\n');
    await writePackage('1.0.0');
  });

  it('does everything once, then nothing and sooner, then only what changed', { timeout: 120_000 }, async () => {
    const first = await setup();
    expect(first).toMatchObject({ code: 0, output: 'Installing npm packages (npm ci)\nBuilding\n' });
    expect(existsSync(join(dir, 'dist/src/one.js'))).toBe(true);

    const second = await setup();
    expect(second).toMatchObject({ code: 0, output: '' });
    expect(second.ms).toBeLessThan(first.ms / 2);

    await write('src/two.ts', 'export const two: number = 2;\n');
    expect(await setup()).toMatchObject({ code: 0, output: 'Building\n' });

    await rm(join(dir, 'src/one.ts'));
    await rm(join(dir, 'dist/src/two.js'));
    expect(await setup()).toMatchObject({ code: 0, output: 'Building\n' });
    expect([existsSync(join(dir, 'dist/src/one.js')), existsSync(join(dir, 'dist/src/two.js'))]).toEqual([false, true]);

    await writePackage('1.0.1');
    expect((await setup()).output).toContain('npm ci');
    expect(await setup()).toMatchObject({ code: 0, output: '' });
  });

  it('what failed or was cut off is not taken as done', { timeout: 120_000 }, async () => {
    await write('package-lock.json', { ...lock('1.0.0'), packages: { '': { name: 'small' } } });
    for (const attempt of [await setup(), await setup()]) {
      expect(attempt.code).toBe(1);
      expect(attempt.output).toMatch(/`npm ci .*` failed \(exit code 1\): see the lines above\.\n$/);
    }
    await writePackage('1.0.0');
    await setup();

    // As after a kill: npm ci took the packages away and did not come to its end.
    await rm(join(dir, 'node_modules'), { recursive: true });
    expect((await setup()).output).toContain('npm ci');

    await write('src/one.ts', 'export const one: number = "1";\n');
    for (const attempt of [await setup(), await setup()]) {
      expect(attempt.code).toBe(1);
      expect(attempt.output).toContain('TS2322');
    }
  });
});

it('package-lock.json names every optional package that its packages name, or npm ci refuses it', async () => {
  interface Entry {
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
  const entries = Object.entries(lock.packages as Record<string, Entry>);
  const paths = new Set(entries.map(([path]) => path));

  const missing = entries.flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter(
      (name) => !paths.has(`node_modules/${name}`) && !paths.has(`${path}/node_modules/${name}`),
    ),
  );

  expect(missing).toEqual([]);
});

it('the stamp changes with the lock', () => {
  expect(npmStamp('{"a":1}')).toBe(npmStamp('{"a":1}'));
  expect(npmStamp('{"a":1}')).not.toBe(npmStamp('{"a":2}'));
});
