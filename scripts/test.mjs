// @ts-check
/**
 * `npm test`: all checks, then all tests in the phases of lanes.mjs, in processes side by side where they mostly wait. What
 * each of them says is kept in .weir/test/<name>.log; a line a file is shown as it ends, and at last the report of all.
 * `--unit`: without the lab. Any other argument is for vitest: `npm test -- --changed` runs what the changes since the last
 * commit touch, in one process.
 */

import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { LANES, PHASES } from './lanes.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(ROOT, '.weir', 'test');
const BLOBS = join(FOLDER, 'blobs');
const BIN = join(ROOT, 'node_modules', '.bin');
/** Of one of the processes: each test has its own limit, this is for what has none. */
const ENDS_WITHIN_MS = 60 * 60_000;

/**
 * @typedef {object} Job
 * @property {string} name
 * @property {readonly string[]} argv
 */

/** @type {readonly Job[]} */
const CHECKS = [
  { name: 'format and lint', argv: ['biome', 'check', '.'] },
  { name: 'types', argv: ['tsc', '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'dead code', argv: ['knip'] },
];

/** @param {string} name @param {readonly string[]} args @returns {Job} */
function vitest(name, args) {
  const blob = `--outputFile.blob=${join(BLOBS, `${name}.json`)}`;
  return { name, argv: ['vitest', 'run', ...args, '--reporter=default', '--reporter=blob', blob] };
}

/** @param {string} name @returns {name is keyof typeof LANES} */
function isLane(name) {
  return name in LANES;
}

function runUnit() {
  return run(vitest('unit', ['--project', 'unit']), isWorthShowing);
}

/** @param {keyof typeof LANES} lane */
function runLane(lane) {
  return runFiles(`lane-${lane}`, Object.keys(LANES[lane]));
}

/**
 * Files of the lab in one process. When that dies, the file that it died in has failed; the rest goes on in another one.
 * @param {string} name
 * @param {readonly string[]} files
 * @returns {Promise<boolean>}
 */
async function runFiles(name, files) {
  /** @type {Set<string>} */
  const ended = new Set();
  const green = await run(vitest(name, ['--project', 'lab', ...files]), (line) => {
    const file = fileThatEnded(line);
    if (file !== undefined) ended.add(file);
    return isWorthShowing(line);
  });
  const [diedIn, ...rest] = files.filter((file) => !ended.has(file));
  if (diedIn === undefined) return green;
  say(`${name.padEnd(10)} ${diedIn} did not come to its end`);
  if (rest.length > 0) await runFiles(`${name}+`, rest);
  return false;
}

/**
 * Runs a program of node_modules to its end. `show` decides which of its lines are shown.
 * @param {Job} job
 * @param {(line: string) => boolean} show
 * @returns {Promise<boolean>} whether it was green
 */
async function run({ name, argv: [program = '', ...args] }, show) {
  const log = createWriteStream(join(FOLDER, `${name.replaceAll(' ', '-')}.log`));
  const child = spawn(join(BIN, program), args, {
    cwd: ROOT,
    // What it says is read, and in CI it would be coloured.
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: ENDS_WITHIN_MS,
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      if (show(line)) say(`${name.padEnd(10)} ${line.trimStart()}`);
    });
  }
  const [code, signal] = await new Promise((resolve) => {
    child.on('close', (...how) => resolve(how));
    child.on('error', (error) => resolve([error.message, null]));
  });
  log.end();
  if (code !== 0) say(`${name.padEnd(10)} failed (${signal ?? `exit ${code}`}): ${String(log.path)}`);
  return code === 0;
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}

/** What the watchdog says of a test (test/support/watchdog.ts). */
const BLOCKED = /^Blocked its process/;

/** @param {string} line */
function isWorthShowing(line) {
  return fileThatEnded(line) !== undefined || BLOCKED.test(line);
}

/**
 * The file that a line of vitest's default reporter says has ended.
 * @param {string} line
 * @returns {string | undefined}
 */
export function fileThatEnded(line) {
  return /^\s*[✓❯×↓] .*?(\S+\.test\.ts) \(\d+ tests?/.exec(line)?.[1];
}

/** Processor time of all that this process started and waited for, in seconds (proc.5: cutime, cstime). */
function processorSeconds() {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

async function main() {
  const args = process.argv.slice(2);
  const rest = args.filter((arg) => arg !== '--unit');
  // The last whole run stays for `npm run test:times`.
  if (rest.length === 0) rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(BLOBS, { recursive: true });
  if (rest.length > 0) return run({ name: 'vitest', argv: ['vitest', 'run', ...rest] }, () => true);
  const startedAt = performance.now();
  const checked = await Promise.all(CHECKS.map((job) => run(job, () => true)));
  if (checked.includes(false)) return false;
  const tested = [];
  for (const names of args.includes('--unit') ? [['unit']] : PHASES) {
    tested.push(...(await Promise.all(names.map((name) => (isLane(name) ? runLane(name) : runUnit())))));
  }
  const merge = ['vitest', `--merge-reports=${BLOBS}`, '--reporter=default', '--reporter=./scripts/times-reporter.mjs'];
  const merged = await run({ name: 'report', argv: merge }, () => true);
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  say(`${minutes} minutes, ${(processorSeconds() / 60).toFixed(1)} of processor time. Logs: ${FOLDER}`);
  return merged && !tested.includes(false);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = (await main()) ? 0 : 1;
