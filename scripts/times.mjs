// @ts-check
/** The table of times-reporter.mjs: which test files and which tests cost most, in lines for a terminal. */

const ROWS = 25;
const MS_PER_SECOND = 1_000;
const WIDTH = 120;

/**
 * @typedef {object} FileTimes
 * @property {string} file
 * @property {number} tests
 * @property {number} wallMs
 * @property {number} [processorMs] absent when the file did not come to its end
 * @property {number} [settingUpMs]
 * @property {boolean} ended
 */

/**
 * @typedef {object} TestTimes
 * @property {string} file
 * @property {string} name
 * @property {number} wallMs
 * @property {'passed' | 'failed' | 'skipped' | 'pending'} state
 */

/**
 * @param {readonly FileTimes[]} files
 * @param {readonly TestTimes[]} tests
 * @returns {string[]}
 */
export function timesTable(files, tests) {
  const slowFiles = slowest(files).map((each) => [
    ...[seconds(each.wallMs), seconds(each.processorMs), seconds(each.settingUpMs), String(each.tests), each.file],
  ]);
  const slowTests = slowest(tests).map((each) => [seconds(each.wallMs), each.file, each.name]);
  const notEnded = files.filter((each) => !each.ended).map((each) => `  ${each.file}`);
  return [
    ...['Slowest files', ...columns([['wall s', 'processor s', 'setting up s', 'tests', 'file'], ...slowFiles], 4), ''],
    ...['Slowest tests', ...columns([['wall s', 'file', 'test'], ...slowTests], 1), ''],
    ...(notEnded.length === 0 ? [] : ['Files that did not come to their end', ...notEnded, '']),
    totals(files, tests),
  ];
}

/**
 * @param {readonly FileTimes[]} files
 * @param {readonly TestTimes[]} tests
 */
function totals(files, tests) {
  const wall = seconds(sum(files.map((each) => each.wallMs)));
  const processor = seconds(sum(files.map((each) => each.processorMs ?? 0)));
  const settingUp = seconds(sum(files.map((each) => each.settingUpMs ?? 0)));
  const count = (/** @type {TestTimes['state']} */ state) => tests.filter((each) => each.state === state).length;
  const pending = count('pending') === 0 ? '' : `, ${count('pending')} not ended`;
  return (
    `${files.length} files, one after the other: wall ${wall} s, processor ${processor} s, setting up ${settingUp} s. ` +
    `Tests: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped${pending}.`
  );
}

/**
 * The slowest, the slowest first.
 * @template {{ wallMs: number }} T
 * @param {readonly T[]} all
 * @returns {T[]}
 */
function slowest(all) {
  return all.toSorted((a, b) => b.wallMs - a.wallMs).slice(0, ROWS);
}

/**
 * Numbers, which come first, end at the same column, and words begin at one. What is too long for a line is cut.
 * @param {readonly string[][]} rows
 * @param {number} numbers how many columns are numbers
 * @returns {string[]}
 */
function columns(rows, numbers) {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => (row[index] ?? '').length)));
  return rows.map((row) => {
    const cells = row.map((cell, index) =>
      index < numbers ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
    );
    const line = `  ${cells.join('  ')}`.trimEnd();
    return line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line;
  });
}

/** @param {number | undefined} ms */
function seconds(ms) {
  return ms === undefined ? '-' : (ms / MS_PER_SECOND).toFixed(1);
}

/** @param {readonly number[]} figures */
function sum(figures) {
  return figures.reduce((total, each) => total + each, 0);
}
