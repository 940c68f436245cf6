// @ts-check
/** What dist/ was made from, so that `npm run build` runs when something of it has changed, and what it left is no other's. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** What tsconfig.build.json compiles. */
const SOURCE_FOLDERS = ['src', 'workers', 'lab'];
/** What `npm run build` goes by, beside the sources. */
const BUILD_FILES = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'rolldown.config.mjs'];

/**
 * @typedef {object} Sources
 * @property {string} dist the folder of the outputs
 * @property {string} stamp name, size and time of every input
 * @property {ReadonlySet<string>} outputs what tsc makes of them, full paths
 * @property {readonly string[]} commands the files behind package.json's commands
 */

/**
 * @param {string} root the checkout
 * @param {string} npmStamp a file that is written anew when other packages are installed
 * @returns {Sources}
 */
export function findSources(root, npmStamp) {
  const sources = SOURCE_FOLDERS.flatMap((folder) => filesBelow(join(root, folder), '.ts'));
  const files = BUILD_FILES.map((name) => join(root, name)).filter((path) => existsSync(path));
  const rules = filesBelow(join(root, 'rules'), '.yaml');
  const rows = [...sources, ...files, ...rules, npmStamp].map((path) => {
    const { size, mtimeMs } = statSync(path);
    return `${relative(root, path)} ${size} ${mtimeMs}`;
  });
  const { bin = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const dist = join(root, 'dist');
  return {
    dist,
    stamp: `${createHash('sha256').update(rows.sort().join('\n')).digest('hex')}\n`,
    outputs: new Set(sources.map((path) => join(dist, relative(root, path).replace(/\.ts$/, '.js')))),
    commands: Object.values(bin).map((path) => join(root, path)),
  };
}

/** @param {Sources} sources */
export function isBuilt(sources) {
  const file = stampFile(sources);
  return isComplete(sources) && existsSync(file) && readFileSync(file, 'utf8') === sources.stamp;
}

/**
 * Takes away what a build would not write again.
 * @param {Sources} sources
 */
export function dropOutputs(sources) {
  const { dist, outputs } = sources;
  rmSync(stampFile(sources), { force: true });
  // tsc believes its own notes: without them it writes every file again.
  if (!isComplete(sources)) rmSync(join(dist, '.tsbuildinfo'), { force: true });
  for (const path of filesBelow(dist, '.js')) {
    // The source of an output is there; the others would outlive theirs. Bundles are cleaned by who makes them.
    if (outputs.has(path) || path.startsWith(join(dist, 'bundle/'))) continue;
    for (const orphan of [path, `${path}.map`]) rmSync(orphan, { force: true });
  }
}

/** @param {Sources} sources */
export function noteBuilt(sources) {
  mkdirSync(sources.dist, { recursive: true });
  writeFileSync(stampFile(sources), sources.stamp);
}

/** @param {Sources} sources */
function isComplete({ outputs, commands }) {
  return [...outputs, ...commands].every((path) => existsSync(path));
}

/** @param {Sources} sources */
function stampFile({ dist }) {
  return join(dist, '.weir-setup');
}

/**
 * @param {string} folder
 * @param {string} ending
 * @returns {string[]} full paths; none when the folder is not there
 */
function filesBelow(folder, ending) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path, ending);
    return entry.name.endsWith(ending) ? [path] : [];
  });
}
