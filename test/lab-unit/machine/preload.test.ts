import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { buildClock, buildXstate, COMPILER, hasSteadyCounter, needsXstate } from '../../../lab/machine/preload.ts';
import { missingPackages } from '../../../scripts/setup.mjs';
import { tempDir } from '../../support/temp-dir.ts';

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

it.each(SAMPLES)('whether the library is needed: %s', (_, text, needed) => {
  expect(needsXstate(text)).toBe(needed);
});

it('the word elsewhere than in the flags means nothing', () => {
  expect(needsXstate(cpuinfo(FLAGS).replaceAll(/vnmi|spectre_v1/g, 'amx_tile'))).toBe(false);
});

it.each(SAMPLES)('the setup script asks for the compiler where the lab needs it: %s', (_, text, needed) => {
  const there = (program: string) => program !== COMPILER;

  const missing = missingPackages(there, { arch: 'x64', tests: false, cpuinfo: text });

  expect(missing.map(({ program }) => program)).toEqual(needed ? [COMPILER] : []);
});

it('asks this machine when it is given no text', async () => {
  expect(needsXstate()).toBe(needsXstate(await readFile('/proc/cpuinfo', 'utf8')));
});

const hasCompiler = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, COMPILER)));

describe.skipIf(!hasCompiler || process.arch !== 'x64')('building it', () => {
  const env = { ...process.env, LC_ALL: 'C' };
  let dir: string;
  beforeEach(async () => {
    dir = await tempDir();
  });

  it('gives a library that stands before ptrace of libc', async () => {
    const library = await readFile(await buildXstate(dir, env));

    expect(library.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    expect(library.includes('\0ptrace\0')).toBe(true);
  });

  it('says what the compiler said', async () => {
    await expect(buildXstate(join(dir, 'missing'), env)).rejects.toThrow(/cannot open output file/);
  });
});

it.each([
  ['constant_tsc rep_good nopl nonstop_tsc cpuid', true],
  ['constant_tsc rep_good', false],
  ['nonstop_tsc', false],
  ['', false],
])('a counter with the flags "%s" is a clock: %s', (flags, steady) => {
  expect(hasSteadyCounter(cpuinfo(flags))).toBe(steady);
});

it.runIf(existsSync('/usr/bin/gcc') && process.arch === 'x64' && hasSteadyCounter())(
  'time that is counted neither goes back nor away from the kernel’s',
  async () => {
    const LD_PRELOAD = (await buildClock(process.env)) ?? expect.fail('the library was not built');
    const program = `
      // Of many looks at both clocks the one in which nobody stopped us in between.
      const look = () => {
        let best = [];
        for (let count = 0; count < 500; count += 1) {
          const [before, date, after] = [process.hrtime.bigint(), Date.now(), process.hrtime.bigint()];
          if (best.length === 0 || after - before < best[0]) best = [after - before, before, date];
        }
        return best.slice(1);
      };
      const began = look();
      let last = 0n, back = 0;
      for (const until = performance.now() + 400; performance.now() < until; ) {
        const now = process.hrtime.bigint();
        if (now < last) back += 1;
        last = now;
      }
      const ended = look();
      console.log(JSON.stringify({ back, apart: Number(ended[0] - began[0]) / 1e6 - (ended[1] - began[1]), now: Date.now() }));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], {
      env: { ...process.env, LD_PRELOAD },
    });
    const { back, apart, now } = JSON.parse(stdout) as { back: number; apart: number; now: number };
    expect(back).toBe(0);
    // A wrong rate would be far more.
    expect(Math.abs(apart)).toBeLessThan(100);
    expect(Math.abs(Date.now() - now)).toBeLessThan(30_000);
  },
);
