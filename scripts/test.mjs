// @ts-check
/**
 * `npm test`: all checks, then all tests in the tracks of lanes.mjs, in processes side by side, for they mostly wait. What
 * each of them says is kept in .weir/test/<name>.log; a line a file is shown as it ends, and at last the report of all.
 * `--unit`: without the lab. `--all`: all of the lab also on a slow machine (`npm run nightly`). Any other argument is for vitest: `npm test -- --changed` runs what the changes since the last
 * commit touch, in one process.
 */

import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isSlow, LANES, ON_A_SLOW_MACHINE, phasesOf, TRACKS } from './lanes.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(ROOT, '.weir', 'test');
const BLOBS = join(FOLDER, 'blobs');
const BIN = join(ROOT, 'node_modules', '.bin');
/** Of five: with all of them at once jobs of ten seconds came too late on a slow machine. */
const FAULT_LANES_WHERE_SLOW = '2';
/** Of one of the processes: each test has its own limit, this is for what has none. */
const ENDS_WITHIN_MS = 60 * 60_000;

/**
 * How a process shares the machine with those beside it.
 * @typedef {object} Share
 * @property {number} [nice] nice(1)
 * @property {NodeJS.ProcessEnv} [env] beside this process's own
 */

/**
 * @typedef {object} Job
 * @property {string} name
 * @property {readonly string[]} argv
 * @property {Share} [share]
 */

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
let interrupted = false;
/** Files of the lab that do not run on this machine. @type {readonly string[]} */
let leftOut = [];

/** @type {readonly Job[]} */
const CHECKS = [
  { name: 'format and lint', argv: ['biome', 'check', '.'] },
  { name: 'types', argv: ['tsc', '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'dead code', argv: ['knip'] },
];

/** @param {string} name @param {readonly string[]} args @param {Share} share @returns {Job} */
function vitest(name, args, share) {
  const blob = `--outputFile.blob=${join(BLOBS, `${name}.json`)}`;
  return { name, argv: ['vitest', 'run', ...args, '--reporter=default', '--reporter=blob', blob], share };
}

/** @param {string} name @returns {name is keyof typeof LANES} */
function isLane(name) {
  return name in LANES;
}

/** What is left of a lane here. @param {keyof typeof LANES} name */
function filesOf(name) {
  return Object.keys(LANES[name]).filter((file) => !leftOut.includes(file));
}

/** Files of the lab. @param {typeof TRACKS} tracks */
function inTracks(tracks) {
  return tracks.flatMap(({ lanes }) => lanes.filter(isLane).flatMap((name) => Object.keys(LANES[name])));
}

/** @param {Share} share */
function runUnit(share) {
  return run(vitest('unit', ['--project', 'unit'], share), isWorthShowing);
}

/**
 * One after the other.
 * @param {import('./lanes.mjs').Track} track
 * @returns {Promise<boolean>} whether all was green
 */
async function runTrack({ lanes, ...share }) {
  let green = true;
  for (const name of lanes) {
    if (interrupted) return false;
    const ended = isLane(name) ? runFiles(`lane-${name}`, filesOf(name), share) : runUnit(share);
    green = (await ended) && green;
  }
  return green;
}

/**
 * Files of the lab in one process. When that dies, the file that it died in has failed; the rest goes on in another one.
 * @param {string} name
 * @param {readonly string[]} files
 * @param {Share} share
 * @returns {Promise<boolean>}
 */
async function runFiles(name, files, share) {
  /** @type {Set<string>} */
  const ended = new Set();
  if (files.length === 0) return true;
  const green = await run(vitest(name, ['--project', 'lab', ...files], share), (line) => {
    const file = fileThatEnded(line);
    if (file !== undefined) ended.add(file);
    return isWorthShowing(line);
  });
  const [diedIn, ...rest] = files.filter((file) => !ended.has(file));
  if (diedIn === undefined || interrupted) return green;
  say(`${name.padEnd(10)} ${diedIn} did not come to its end`);
  if (rest.length > 0) await runFiles(`${name}+`, rest, share);
  return false;
}

/**
 * Runs a program of node_modules to its end. `show` decides which of its lines are shown.
 * @param {Job} job
 * @param {(line: string) => boolean} show
 * @returns {Promise<boolean>} whether it was green
 */
async function run({ name, argv: [program = '', ...args], share = {} }, show) {
  const log = createWriteStream(join(FOLDER, `${name.replaceAll(' ', '-')}.log`));
  const child = spawn(join(BIN, program), args, {
    cwd: ROOT,
    // In a session of its own: the kernel shares the processors among sessions.
    detached: true,
    // What it says is read, and in CI it would be coloured.
    env: { ...process.env, ...share.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: ENDS_WITHIN_MS,
  });
  running.add(child);
  if (child.pid !== undefined && share.nice !== undefined) makeNice(child.pid, share.nice);
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
  running.delete(child);
  log.end();
  if (code !== 0) say(`${name.padEnd(10)} failed (${signal ?? `exit ${code}`}): ${String(log.path)}`);
  return code === 0;
}

/**
 * Where the kernel shares by sessions, a session has a nice value of its own (sched.7, autogroup).
 * @param {number} pid
 * @param {number} nice
 */
function makeNice(pid, nice) {
  setPriority(pid, nice);
  const ofSession = `/proc/${pid}/autogroup`;
  if (existsSync(ofSession)) writeFileSync(ofSession, String(nice));
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}

/** What the watchdog says of a test (test/support/setup/watchdog.ts). */
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

/** Processor time that a start of node takes here, in ms: what tests and guests do most is to start processes. */
function startOfNodeMs() {
  const times = 10;
  const before = processorSeconds();
  for (let count = 0; count < times; count += 1) spawnSync(process.execPath, ['-e', '0']);
  return Math.round(((processorSeconds() - before) * 1_000) / times);
}

async function main() {
  const args = process.argv.slice(2);
  const rest = args.filter((arg) => arg !== '--unit' && arg !== '--all');
  // The last whole run stays for `npm run test:times`.
  if (rest.length === 0) rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(BLOBS, { recursive: true });
  if (rest.length > 0) return run({ name: 'vitest', argv: ['vitest', 'run', ...rest] }, () => true);
  const startedAt = performance.now();
  const checked = await Promise.all(CHECKS.map((job) => run(job, () => true)));
  if (checked.includes(false)) return false;
  /** @type {typeof TRACKS} */
  const tracks = args.includes('--unit') ? [{ lanes: ['unit'] }] : TRACKS;
  const startMs = startOfNodeMs();
  if (isSlow(startMs)) {
    say(`This machine is slow: node takes ${startMs} ms of processor time to start. Unit tests run after the lab.`);
    process.env.WEIR_FAULT_LANES = FAULT_LANES_WHERE_SLOW;
    if (!args.includes('--all')) leftOut = inTracks(tracks).filter((file) => !ON_A_SLOW_MACHINE.includes(file));
  }
  let tested = true;
  for (const phase of phasesOf(tracks, startMs))
    tested = !(await Promise.all(phase.map(runTrack))).includes(false) && tested;
  const merge = ['vitest', `--merge-reports=${BLOBS}`, '--reporter=default', '--reporter=./scripts/times-reporter.mjs'];
  const merged = await run({ name: 'report', argv: merge }, () => true);
  if (leftOut.length > 0) {
    say(`Not run, for this machine is slow (npm run nightly runs them): ${leftOut.join(', ')}`);
  }
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  say(`${minutes} minutes, ${(processorSeconds() / 60).toFixed(1)} of processor time. Logs: ${FOLDER}`);
  return merged && tested;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      interrupted = true;
      for (const child of running) child.kill(signal);
    });
  }
  process.exitCode = (await main()) ? 0 : 1;
}
