import { describe, expect, it } from 'vitest';
import { type FileTimes, type TestTimes, timesTable } from '../scripts/times.mjs';

function fileOf(file: string, wallMs: number, parts: Partial<FileTimes> = {}): FileTimes {
  return { file, tests: 3, wallMs, processorMs: 1_000, settingUpMs: 250, ended: true, ...parts };
}

function testOf(name: string, wallMs: number, parts: Partial<TestTimes> = {}): TestTimes {
  return { file: 'test/a.test.ts', name, wallMs, state: 'passed', ...parts };
}

it('the slowest come first, in columns', () => {
  const files = [fileOf('test/a.test.ts', 1_234), fileOf('test/lab/b.test.ts', 123_456, { tests: 12 })];
  const tests = [testOf('x', 10), testOf('y', 20_000, { state: 'failed', file: 'test/lab/b.test.ts' })];

  expect(timesTable(files, tests)).toEqual([
    'Slowest files',
    '  wall s  processor s  setting up s  tests  file',
    '   123.5          1.0           0.3     12  test/lab/b.test.ts',
    '     1.2          1.0           0.3      3  test/a.test.ts',
    '',
    'Slowest tests',
    '  wall s  file                test',
    '    20.0  test/lab/b.test.ts  y',
    '     0.0  test/a.test.ts      x',
    '',
    '2 files, one after the other: wall 124.7 s, processor 2.0 s, setting up 0.5 s. ' +
      'Tests: 1 passed, 1 failed, 0 skipped.',
  ]);
});

it('25 files and 25 tests are shown, all are counted', () => {
  const files = Array.from({ length: 40 }, (_, index) => fileOf(`test/${index}.test.ts`, index * 1_000));
  const tests = Array.from({ length: 60 }, (_, index) => testOf(`t${index}`, index, { state: 'skipped' }));

  const lines = timesTable(files, tests);

  expect(lines.filter((line) => /^ +[\d.]+ .*test\/\d+\.test\.ts$/.test(line))).toHaveLength(25);
  expect(lines.filter((line) => / t\d+$/.test(line))).toHaveLength(25);
  expect(lines.at(-1)).toBe(
    '40 files, one after the other: wall 780.0 s, processor 40.0 s, setting up 10.0 s. ' +
      'Tests: 0 passed, 0 failed, 60 skipped.',
  );
});

it('no line of a table is longer than 120 columns', () => {
  const lines = timesTable([fileOf(`test/${'f'.repeat(200)}`, 1)], [testOf('n'.repeat(200), 1)]).slice(0, -1);

  expect(lines.map((line) => line.length).filter((length) => length > 119)).toEqual([120, 120]);
  expect(lines.filter((line) => line.endsWith('…'))).toHaveLength(2);
});

describe('a file whose process died', () => {
  const dead: FileTimes = { file: 'test/dead.test.ts', tests: 2, wallMs: 30, ended: false };
  const tests = [testOf('before', 5), testOf('hangs', 0, { state: 'pending' })];

  it('is named, without the figures that nobody has', () => {
    const lines = timesTable([dead, fileOf('test/a.test.ts', 20)], tests);

    expect(lines).toContain('     0.0            -             -      2  test/dead.test.ts');
    expect(lines.slice(lines.indexOf('Files that did not come to their end')).slice(1, 3)).toEqual([
      '  test/dead.test.ts',
      '',
    ]);
  });

  it('leaves its tests out of the passed and the failed', () => {
    expect(timesTable([dead], tests).at(-1)).toContain('Tests: 1 passed, 0 failed, 0 skipped, 1 not ended.');
  });
});
