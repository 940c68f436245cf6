// @ts-check
/**
 * Makes a checkout ready for `npm start`, `npm test` and `npm run lab`: Node, Debian packages, npm packages, build.
 * Runs before anything is installed, so: plain Node, no dependency. Says nothing when there is nothing to do.
 */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dropOutputs, findSources, isBuilt, noteBuilt } from './built.mjs';
import { POLICY_FILE, restorePolicy, withoutServices } from './no-services.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NPM_STAMP = join(ROOT, 'node_modules', '.weir-setup');
const PROGRAM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * @typedef {object} DebianPackage
 * @property {string} name
 * @property {string} program what tells that it is there: a program, or the path of a file
 * @property {NodeJS.Architecture} [only] the processor that Debian has it for
 * @property {string} [flag] a word of /proc/cpuinfo: only processors that have it need the package
 * @property {boolean} [testsOnly]
 * @property {boolean} [tests] the tests need it whatever the processor
 */

/** @type {readonly DebianPackage[]} */
export const DEBIAN_PACKAGES = [
  { name: 'redis-server', program: 'redis-server' },
  { name: 'keepalived', program: 'keepalived' },
  { name: 'ipvsadm', program: 'ipvsadm' },
  { name: 'iproute2', program: 'ip' },
  // weir doctor asks with it who has the VIP.
  { name: 'iputils-arping', program: 'arping' },
  { name: 'kmod', program: 'modprobe' },
  { name: 'socat', program: 'socat' },
  // The letters of the pictures that people are told with.
  { name: 'fonts-dejavu-core', program: '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf' },
  // The lab's kernel and its network. Elsewhere the lab needs root and a kernel with ip_vs of its own.
  { name: 'user-mode-linux', program: 'linux.uml', only: 'x64' },
  { name: 'slirp', program: 'slirp-fullbolt', only: 'x64' },
  // It does not start on a processor with AMX without a library that is built for it (lab/machine/xstate.c).
  // And the tests set the clock of a redis-server with one (lab/chaos/stand-ins/clock-step.c).
  { name: 'gcc', program: 'gcc', flag: 'amx_tile', tests: true },
  // Certificates for a redis-server with TLS.
  { name: 'openssl', program: 'openssl', testsOnly: true },
  // Rates the rendered units, and boots to run them.
  { name: 'systemd', program: 'systemd-analyze', testsOnly: true },
  { name: 'chromium', program: 'chromium', testsOnly: true },
  { name: 'prometheus-alertmanager', program: 'prometheus-alertmanager', testsOnly: true },
];

/** A sentence for people; anything else that is thrown is a defect of this script. */
class SetupError extends Error {}

/**
 * @param {string} version as in process.versions.node
 * @returns {boolean}
 */
export function isNodeTooOld(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 20 || (major === 20 && minor < 19);
}

/**
 * @param {(program: string) => boolean} isThere
 * @param {{ arch: string, tests: boolean, cpuinfo: string }} wanted
 * @returns {DebianPackage[]}
 */
export function missingPackages(isThere, wanted) {
  return DEBIAN_PACKAGES.filter(
    (entry) =>
      (entry.only === undefined || entry.only === wanted.arch) &&
      (entry.flag === undefined || hasFlag(wanted, entry.flag) || (wanted.tests && entry.tests === true)) &&
      (wanted.tests || entry.testsOnly !== true) &&
      !isThere(entry.program),
  );
}

/**
 * @param {{ cpuinfo: string }} wanted
 * @param {string} flag
 */
function hasFlag({ cpuinfo }, flag) {
  return cpuinfo.split(/\s+/).includes(flag);
}

/**
 * The one line for somebody who has to install by hand.
 * @param {readonly DebianPackage[]} missing
 * @param {boolean} hasApt
 * @returns {string}
 */
export function installAdvice(missing, hasApt) {
  const names = missing.map((entry) => entry.name).join(' ');
  if (hasApt) return `Missing Debian packages. Install them: sudo apt-get install --no-install-recommends ${names}`;
  const programs = missing.map((entry) => entry.program).join(', ');
  return `Programs not found: ${programs}. Install them with this system's package manager (in Debian: ${names}).`;
}

/**
 * What node_modules was made from. The platform is in it because some packages bring a binary.
 * @param {string} lock text of package-lock.json
 * @returns {string}
 */
export function npmStamp(lock) {
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`;
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}

/** @param {string} program */
function isInstalled(program) {
  if (program.startsWith('/')) return existsSync(program);
  const folders = [...PROGRAM_FOLDERS, ...(process.env.PATH ?? '').split(':')];
  return folders.some((folder) => folder !== '' && existsSync(join(folder, program)));
}

/**
 * Runs a program to its end and throws a SetupError with its last lines when it fails. SIGINT and SIGTERM end the
 * program first, so that what surrounds it can put things back.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
async function run(program, args, env = process.env) {
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  /** @type {string[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(String(chunk)));
  /** @type {NodeJS.Signals | undefined} */
  let interrupted;
  /** @param {NodeJS.Signals} signal */
  const pass = (signal) => {
    interrupted = signal;
    child.kill(signal);
  };
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, pass);
  /** @type {string} */
  const how = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code === 0 ? '' : (signal ?? `exit code ${code}`)));
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.off(signal, pass);
  if (interrupted !== undefined) throw new SetupError(`Stopped by ${interrupted}; the next run takes it up again.`);
  if (how === '') return;
  throw new SetupError(
    `${excerpt(output.join(''))}\n\`${program} ${args.join(' ')}\` failed (${how}): see the lines above.`,
  );
}

/**
 * npm says first what is wrong and closes with its manual; apt-get and tsc the other way round.
 * @param {string} output
 */
function excerpt(output) {
  const lines = output.trimEnd().split('\n');
  return (lines.length <= 30 ? lines : [...lines.slice(0, 15), '...', ...lines.slice(-15)]).join('\n');
}

/** @param {boolean} tests */
async function debianPackages(tests) {
  restorePolicy(POLICY_FILE);
  const wanted = { arch: process.arch, tests, cpuinfo: readIfThere('/proc/cpuinfo') ?? '' };
  const missing = missingPackages(isInstalled, wanted);
  if (missing.length === 0) return;
  const hasApt = isInstalled('apt-get');
  if (!hasApt || process.getuid?.() !== 0) throw new SetupError(installAdvice(missing, hasApt));
  const names = missing.map((entry) => entry.name);
  say(`Installing Debian packages with apt-get, starting no service: ${names.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const lock = ['-o', 'DPkg::Lock::Timeout=120'];
  const keepConfig = ['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold'];
  await withoutServices(POLICY_FILE, async () => {
    await run('apt-get', [...lock, 'update'], env);
    await run('apt-get', [...lock, ...keepConfig, 'install', '-y', '--no-install-recommends', ...names], env);
  });
  const still = missingPackages(isInstalled, wanted);
  if (still.length > 0) throw new SetupError(`apt-get succeeded, and yet: ${installAdvice(still, false)}`);
  const services = ['redis-server', 'keepalived', 'prometheus-alertmanager'];
  const enabled = names.filter((name) => services.includes(name));
  if (enabled.length === 0 || !existsSync('/run/systemd/system')) return;
  say(`Debian starts these at the next boot; if you do not want that: systemctl disable ${enabled.join(' ')}`);
}

async function npmPackages() {
  const stamp = npmStamp(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  if (readIfThere(NPM_STAMP) === stamp) return;
  say('Installing npm packages (npm ci)');
  rmSync(NPM_STAMP, { force: true }); // Written again only after npm ci came to its end.
  // The build and the tests need the development packages, also where NODE_ENV=production.
  await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
  writeFileSync(NPM_STAMP, stamp);
}

/** @param {string} path */
function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

async function main() {
  if (isNodeTooOld(process.versions.node)) {
    throw new SetupError(
      `Weir needs Node 20.19 or later and this is ${process.versions.node} (${process.execPath}): install a newer one, ` +
        'for example from https://nodejs.org.',
    );
  }
  // `npm start` needs no browser; called in any other way, everything is made ready.
  const tests = !['prestart', 'lab'].includes(process.env.npm_lifecycle_event ?? '');
  await debianPackages(tests);
  await npmPackages();
  const sources = findSources(ROOT, NPM_STAMP);
  if (isBuilt(sources)) return;
  say('Building');
  dropOutputs(sources);
  await run('npm', ['run', 'build']);
  noteBuilt(sources);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    process.stderr.write(`${error instanceof SetupError ? error.message : error.stack}\n`);
    process.exitCode = 1;
  });
}
