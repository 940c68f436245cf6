import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildXstate, COMPILER, needsXstate } from '../../lab/xstate.ts';
import { missingPackages } from '../../scripts/setup.mjs';

const FLAGS = 'fpu vme sse2 avx512f avx512_fp16';
const cpuinfo = (flags: string) =>
  `processor\t: 0\nmodel name\t: one\nflags\t\t: ${flags}\nvmx flags\t: vnmi\nbugs\t\t: spectre_v1\n\n`;

/** Text of /proc/cpuinfo, and whether the guest's kernel does not start there by itself. */
const SAMPLES: readonly (readonly [string, string, boolean])[] = [
  ['AMX', cpuinfo(`${FLAGS} amx_bf16 avx512_fp16 amx_tile amx_int8`), true],
  ['AMX as the last flag', cpuinfo(`${FLAGS} amx_tile`), true],
  ['AMX, on one of several processors', cpuinfo(FLAGS) + cpuinfo(`amx_tile ${FLAGS}`), true],
  ['AVX-512 without AMX', cpuinfo(FLAGS), false],
  ['a flag of AMX without its registers', cpuinfo(`${FLAGS} amx_bf16 amx_int8`), false],
  ['an ARM processor', 'processor\t: 0\nFeatures\t: fp asimd\n', false],
  ['nothing', '', false],
];

test.each(SAMPLES)('whether the library is needed: %s', (_, text, needed) => {
  expect(needsXstate(text)).toBe(needed);
});

test('the word elsewhere than in the flags means nothing', () => {
  expect(needsXstate(cpuinfo(FLAGS).replaceAll(/vnmi|spectre_v1/g, 'amx_tile'))).toBe(false);
});

test.each(SAMPLES)('the setup script asks for the compiler where the lab needs it: %s', (_, text, needed) => {
  const there = (program: string) => program !== COMPILER;

  const missing = missingPackages(there, { arch: 'x64', tests: false, cpuinfo: text });

  expect(missing.map(({ program }) => program)).toEqual(needed ? [COMPILER] : []);
});

test('asks this machine when it is given no text', async () => {
  expect(needsXstate()).toBe(needsXstate(await readFile('/proc/cpuinfo', 'utf8')));
});

const hasCompiler = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, COMPILER)));

describe.skipIf(!hasCompiler || process.arch !== 'x64')('building it', () => {
  const env = { ...process.env, LC_ALL: 'C' };
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'weir-xstate-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  test('gives a library that stands before ptrace of libc', async () => {
    const library = await readFile(await buildXstate(dir, env));

    expect(library.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    expect(library.includes('\0ptrace\0')).toBe(true);
  });

  test('says what the compiler said', async () => {
    await expect(buildXstate(join(dir, 'missing'), env)).rejects.toThrow(/cannot open output file/);
  });
});
