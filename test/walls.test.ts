/**
 * The walls between the folders (CONTRIBUTING.md, "Critical rules"). Read from the text of the sources: TypeScript 7 has
 * no API to parse with, and an import has few forms.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const STAGES = ['observe', 'rules', 'rails', 'act', 'tell', 'provision'];
/** The only files of src that begin a role. */
const STARTS_A_ROLE = ['src/cli/node.ts', 'src/cli/up.ts', 'src/cli/worker.ts'];
const MAX_LINES = 250;
/** Of files in one folder: what a reader takes in at a look. */
const MAX_FILES = 15;
/** Path to the reason why it has more: each is one table, whose files have one shape. */
const LARGE_FOLDERS: Readonly<Record<string, string>> = {
  'src/cli': 'a file a command',
  'src/rails': 'a file a rail',
  'test/cases/init': 'a file a case',
  'test/cases/readings': 'a file a case',
};
/** Path to the reason why it is longer and still one thing. */
const LONG_FILES: Readonly<Record<string, string>> = {};

interface Source {
  readonly path: string;
  readonly text: string;
}

/** What a file imports: repository paths for its own, names for packages. An import that cannot be read is `?`. */
function importsOf(source: Source): string[] {
  const code = withoutComments(source.text);
  const statements = code.matchAll(/^\s*(?:import|export)\b(?:[^;'"`]*?\bfrom)?\s*['"]([^'"]+)['"]/gm);
  const calls = code.matchAll(/\b(?:import|require)\s*\(\s*(?:['"]([^'"]+)['"]\s*\))?/g);
  return [...statements, ...calls].map((match) => {
    const name = match[1];
    if (name === undefined) return '?';
    return name.startsWith('.') ? posix.join(posix.dirname(source.path), name) : name;
  });
}

/** The code with its comments blanked, strings and line ends kept. */
function withoutComments(text: string): string {
  // Strings, templates and regular expressions first: a `//` or `/*` inside them is no comment.
  const token =
    /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|(?<=[(,=:[!&|?{};]\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replace(token, (found) => (/^\/[/*]/.test(found) ? found.replace(/[^\n]/g, ' ') : found));
}

function folderOf(path: string): string {
  return path.startsWith('src/') ? (path.split('/')[1] as string) : (path.split('/')[0] as string);
}

function forbiddenImport(path: string, imported: string): string | undefined {
  const from = folderOf(path);
  const to = folderOf(imported);
  const isOwn = imported.startsWith('src/') || /^(workers|lab|test|scripts)\//.test(imported);
  if (imported === '?') return 'an import whose target is no plain string cannot be checked';
  if (imported.startsWith('@marcbachmann/cel-js') && path !== 'src/rules/language/expression.ts') {
    return 'only src/rules/language/expression.ts knows the expression language';
  }
  if (imported === 'bullmq' && !['broker', 'workers'].includes(from)) return 'BullMQ belongs to src/broker and workers';
  if (!isOwn) return from === 'model' ? 'src/model imports nothing from outside' : undefined;
  if (/^(lab|test|scripts)\//.test(imported)) return 'the product does not import its lab, tests or scripts';
  if (to === from || to === 'model') return undefined;
  if (from === 'model') return 'src/model imports nothing from outside';
  if (from === 'lib') return 'src/lib imports src/model and itself only';
  if (to === 'lib') return undefined;
  if (STAGES.includes(from)) return `src/${from} imports src/model and src/lib only`;
  if (to === 'cli') return 'nothing imports the terminal';
  if (from === 'workers') return undefined;
  if (to === 'workers') return STARTS_A_ROLE.includes(path) ? undefined : 'only a role is begun out of src';
  if (from === 'cli' || from === 'operations') return undefined;
  return to === 'operations' || STAGES.includes(to)
    ? 'only workers, src/operations and src/cli compose the stages'
    : undefined;
}

/** Who looks at the rules in force as texts: the status names who put them there. */
const READS_AGREED = ['src/operations/rules-in-force.ts', 'src/operations/views/status.ts'];

/** Besides `within`: waits for the first of several things that happen, none of which is a limit alone. */
const RACES = [
  'src/lib/within.ts',
  'src/broker/embedded/embedded.ts',
  'src/observe/redis/probe.ts',
  'src/observe/redis/until-ready.ts',
];

/** What people are told goes through one client of Slack and one transport for mail. */
const OPENS_CHANNELS = [
  'src/tell/notify/slack/client.ts',
  'src/tell/notify/mail/mailer.ts',
  'src/operations/destinations.ts',
];

/** Patterns that may stand nowhere in the code but in `except`. */
const FORBIDDEN_CODE: readonly { pattern: RegExp; except: (path: string) => boolean; why: string }[] = [
  {
    pattern: /\bnew (?:Redis|Cluster|IORedis)\b|\bnew Redis\.Cluster\b/,
    except: (path) => path === 'src/lib/redis/connections.ts',
    why: 'connections are made in src/lib/redis/connections.ts only',
  },
  {
    pattern: /\bshell:\s*(?!false\b)|\bshell\s*[,}]/,
    except: () => false,
    why: 'no shell: execFile or spawn with a list of arguments',
  },
  {
    pattern: /\b(?:spawn|execFile)(?:Sync)?\(\s*['"`](?:\/(?:usr\/)?bin\/)?(?:ba|da|z)?sh['"`]/,
    except: () => false,
    why: 'no shell: run the program itself',
  },
  {
    pattern:
      /\bimport\s*(?!type\b)(?:\*|\w+\s*(?:,|from\b)|\{[^}]*\bexec(?:Sync)?\b(?!File))[^;]*?['"](?:node:)?child_process['"]/,
    except: () => false,
    why: 'of child_process only execFile, spawn and fork, by name',
  },
  {
    // A key, and not a line for people that begins with the program's name.
    pattern: /['"`]weir:(?!\s)/,
    // The probe's is one on the members.
    except: (path) => path.startsWith('src/broker/') || path === 'src/model/readings/probe-key.ts',
    why: "the broker's keys are named in src/broker only",
  },
  {
    pattern: /\bredis\.time\(/,
    // A member's own clock.
    except: (path) => path === 'src/provision/doctor/look/redis.ts',
    why: 'broker time is brokerTime or a BrokerClock (src/broker/time/clock.ts)',
  },
  {
    pattern: /\bJSON\.parse\([^;]*\bas PoolState\b|\bparse(?:Written)?<PoolState>/,
    except: (path) => path === 'src/operations/stored.ts',
    why: 'the state of a pool is read by readPoolState (src/operations/stored.ts), whichever version wrote it',
  },
  {
    pattern: /\breadAgreed\((?!redis: Redis)/,
    except: (path) => READS_AGREED.includes(path),
    why: 'the rules in force are read by rulesInForce (src/operations/rules-in-force.ts)',
  },
  {
    pattern: /\bPromise\.race\(/,
    except: (path) => RACES.includes(path),
    why: 'a wait with a limit is within (src/lib/within.ts)',
  },
  {
    pattern: /\bimport\s*(?!type\b)[^;]*?\bexecFile\b[^;]*?['"](?:node:)?child_process['"]/,
    except: (path) => path === 'src/lib/run-program.ts',
    why: 'a program that ends by itself is run by createRun (src/lib/run-program.ts)',
  },
  {
    pattern: /\brename\(/,
    // The audit moves whole files away and replaces none.
    except: (path) => ['src/lib/files/replace-file.ts', 'src/act/audit/audit-log.ts'].includes(path),
    why: 'a file is replaced by replaceFile or swapFile (src/lib/files/replace-file.ts)',
  },
  {
    pattern: /\bnew WebClient\(|\bcreateTransport\(|(?<!function )\bcreate(?:SlackClient|Mailer)\(/,
    except: (path) => OPENS_CHANNELS.includes(path),
    why: 'a role opens one way to Slack and to the mail server (src/operations/destinations.ts)',
  },
  {
    pattern: /\bprocess\.std(?:out|err)\.write\b|\bconsole\.\w+\(|\bwriteSync\(\s*[12]\b/,
    except: (path) => path === 'src/cli/print.ts',
    why: 'a command prints by print and printError (src/cli/print.ts), a role by its log (src/lib/log.ts)',
  },
  {
    pattern: /['"`](?:rule|person):(?:\$\{|['"`])/,
    except: (path) => path === 'src/model/owner.ts',
    why: 'who owns a decision or a lease is put together and taken apart in src/model/owner.ts',
  },
  {
    pattern: /['"`]~end\b|\}~end\b/,
    except: (path) => path === 'src/model/ids.ts',
    why: 'ids of jobs that end a lease are made and known in src/model/ids.ts',
  },
  {
    // A list of units, or one unit behind a number that was made here.
    pattern: /['"`](?:[KMGT]iB|[kKMGT]B)['"`]|\}\s*[KMGT]i?B\b/,
    except: (path) => path === 'src/lib/text/units.ts',
    why: 'bytes are text by formatBytes (src/lib/text/units.ts)',
  },
];

/** What the kit of test/support has once. */
const IN_THE_KIT: typeof FORBIDDEN_CODE = [
  {
    pattern: /\bmkdtemp(?:Sync)?\(/,
    // The model writes to memory, and may be run for hours.
    except: (path) => ['test/support/temp-dir.ts', 'test/model-check/create.ts'].includes(path),
    why: 'a temporary folder is tempDir (test/support/temp-dir.ts)',
  },
  {
    pattern: /\bredis\.time\(/,
    // It is what the clock of src/broker is held against, to the microsecond.
    except: (path) => ['test/support/clock.ts', 'test/broker/store.test.ts'].includes(path),
    why: "the broker's clock is brokerNow (test/support/clock.ts)",
  },
  {
    pattern: /\bnew Promise(?:<\w+>)?\(\(\w+\) => setTimeout\(/,
    except: () => false,
    why: 'a pause is setTimeout of node:timers/promises, and a wait expect.poll or until (test/support/waiting.ts)',
  },
  {
    pattern: /\binterface: 'eth0', virtualRouterId: 51, version: 3,/,
    except: () => false,
    why: 'the example pool is poolConfig or poolOf (test/support/pool.ts)',
  },
];

/** Every breach, as `path: why`. */
function breaches(sources: readonly Source[], longFiles = LONG_FILES): string[] {
  return sources.flatMap((source) => {
    const code = withoutComments(source.text);
    const lines = source.text.trimEnd().split('\n').length;
    const found = [
      ...importsOf(source).map((imported) => {
        const why = forbiddenImport(source.path, imported);
        return why === undefined ? undefined : `${why} (${imported})`;
      }),
      ...FORBIDDEN_CODE.map(({ pattern, except, why }) =>
        pattern.test(code) && !except(source.path) ? why : undefined,
      ),
      lines > MAX_LINES && longFiles[source.path] === undefined
        ? `${lines} lines: split it, or list the reason`
        : undefined,
    ];
    return found.filter((why) => why !== undefined).map((why) => `${source.path}: ${why}`);
  });
}

function pathsBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

function sourcesBelow(folder: string): Source[] {
  return pathsBelow(folder)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

it('the walls stand', () => {
  const sources = [...sourcesBelow('src'), ...sourcesBelow('workers')];

  expect(sources.length).toBeGreaterThan(30);
  expect(breaches(sources)).toEqual([]);
});

/** Every folder with too many files, as `path: why`. */
function crowded(paths: readonly string[], large = LARGE_FOLDERS): string[] {
  const folders = [...new Set(paths.map((path) => posix.dirname(path)))].sort();
  return folders.flatMap((folder) => {
    const count = paths.filter((path) => posix.dirname(path) === folder).length;
    if (count <= MAX_FILES || large[folder] !== undefined) return [];
    return [`${folder}: ${count} files, ${MAX_FILES} at most: make a wing of one subject, or list the reason`];
  });
}

it('a folder has one subject', () => {
  const paths = ['src', 'workers', 'lab', 'test'].flatMap(pathsBelow);

  expect(crowded(paths)).toEqual([]);
  expect(crowded(paths, {}).map((found) => found.split(':')[0])).toEqual(Object.keys(LARGE_FOLDERS));
});

it('tests have one kit', () => {
  const tests = sourcesBelow('test').filter(({ path }) => path !== 'test/walls.test.ts');
  const copies = tests.flatMap(({ path, text }) =>
    IN_THE_KIT.filter(({ pattern, except }) => pattern.test(withoutComments(text)) && !except(path)).map(
      ({ why }) => `${path}: ${why}`,
    ),
  );

  expect(copies).toEqual([]);
});

it('the exceptions are still needed', () => {
  const paths = [...sourcesBelow('src'), ...sourcesBelow('workers')].map((source) => source.path);

  const excepted = [...STARTS_A_ROLE, ...READS_AGREED, ...RACES, ...OPENS_CHANNELS, ...Object.keys(LONG_FILES)];
  expect(excepted.filter((path) => !paths.includes(path))).toEqual([]);
});

describe('a planted breach is found', () => {
  it.each([
    ['a stage imports another one', 'src/observe/x.ts', "import { a } from '../rules/fold-entry.ts';"],
    ['over several lines', 'src/rails/x.ts', "import {\n  a,\n  b,\n} from '../act/lvs/lvs.ts';"],
    ['only its types', 'src/tell/x.ts', "import type { A } from '../rails/index.ts';"],
    ['by re-export', 'src/act/x.ts', "export * from '../observe/director/lvs.ts';"],
    ['for its effect', 'src/act/x.ts', "import '../tell/metrics.ts';"],
    ['when it runs', 'src/rules/x.ts', "const a = await import('../broker/keys.ts');"],
    ['by a name that is made up', 'src/rules/x.ts', 'const a = await import(name);'],
    ['by a type expression', 'src/rules/x.ts', "let a: import('../tell/metrics.ts').A;"],
    ['a stage imports the broker', 'src/provision/x.ts', "import { k } from '../broker/keys.ts';"],
    ['a stage imports a worker', 'src/act/x.ts', "import { k } from '../../workers/act.ts';"],
    ['a stage imports the configuration', 'src/act/x.ts', "import { k } from '../config/load.ts';"],
    ['the model imports a package', 'src/model/x.ts', "import { z } from 'zod';"],
    ['the model imports the library', 'src/model/x.ts', "import { z } from '../lib/slope.ts';"],
    ['the library imports a stage', 'src/lib/yaml/x.ts', "import { z } from '../../rules/files/load.ts';"],
    ['an operation imports a worker', 'src/operations/x.ts', "import { k } from '../../workers/node/act.ts';"],
    ['an operation imports the terminal', 'src/operations/x.ts', "import { k } from '../cli/command.ts';"],
    ['a worker imports the terminal', 'workers/x.ts', "import { k } from '../src/cli/command.ts';"],
    ['a command imports a worker', 'src/cli/x.ts', "import { k } from '../../workers/node/act.ts';"],
    ['the broker imports an operation', 'src/broker/x.ts', "import { k } from '../operations/lookup.ts';"],
    ['the broker composes', 'src/broker/x.ts', "import { z } from '../rules/fold-entry.ts';"],
    ['the product imports a test', 'workers/x.ts', "import { z } from '../test/support/redis.ts';"],
    ['CEL elsewhere', 'src/rules/x.ts', "import { Environment } from '@marcbachmann/cel-js';"],
    ['a queue in a stage', 'src/act/x.ts', "import { Queue } from 'bullmq';"],
    ['a connection elsewhere', 'src/broker/x.ts', 'const r = new Redis(path);'],
    ['exec', 'src/act/x.ts', "import { exec } from 'node:child_process';"],
    ['exec among others', 'workers/x.ts', "import { spawn, execSync as run } from 'child_process';"],
    ['all of child_process', 'src/act/x.ts', "import * as cp from 'node:child_process';"],
    ['its default', 'src/act/x.ts', "import cp from 'node:child_process';"],
    ['a shell option', 'src/act/x.ts', "spawn('ls', [], { shell: true });"],
    ['a shell option by variable', 'src/act/x.ts', "spawn('ls', [], { shell });"],
    ['a shell by name', 'workers/x.ts', "execFile('/bin/sh', ['-c', text]);"],
    ['a key elsewhere', 'workers/x.ts', 'await redis.get(`weir:` + key);'],
    ["the broker's clock", 'workers/x.ts', 'const [s] = await redis.time();'],
    ['a stored state', 'workers/x.ts', "const s = JSON.parse(text ?? '{}') as PoolState;"],
    ['the texts of the rules in force', 'src/cli/x.ts', 'const agreed = await readAgreed(redis);'],
    ['a wait with a limit', 'src/tell/x.ts', 'await Promise.race([work, late]);'],
    ['a program elsewhere', 'src/observe/x.ts', "import { execFile, spawn } from 'node:child_process';"],
    ['a file that is replaced', 'src/act/x.ts', 'await rename(temporary, path);'],
    ['a second client of Slack', 'workers/x.ts', 'const slack = createSlackClient(config.slack);'],
    ['a second way to the mail server', 'src/tell/x.ts', 'const mail = nodemailer.createTransport(url);'],
    ['who owns a lease', 'src/rules/x.ts', "if (owner.startsWith('rule:')) return;"],
    ['a job that ends a lease', 'src/act/x.ts', "if (job.id.includes('~end')) return;"],
    ['units of bytes', 'src/rails/x.ts', "const UNITS = ['B', 'KiB', 'MiB'];"],
    ['bytes in one unit', 'workers/x.ts', 'const text = `${(bytes / 2 ** 20).toFixed(1)} MiB`;'],
    ['what is printed past the one way', 'src/cli/x.ts', 'process.stdout.write(`${text}\\n`);'],
    ['on stderr', 'workers/x.ts', 'process.stderr.write(text);'],
    ['by the console', 'src/broker/x.ts', 'console.error(error);'],
    ['a long file', 'src/act/x.ts', `${'\n'.repeat(MAX_LINES)}a`],
  ])('%s', (_, path, text) => {
    const found = breaches([{ path, text }]);

    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${path}: .{10,}`));
  });

  it('and what is allowed, commented or said to people is not', () => {
    const allowed: Source[] = [
      { path: 'src/act/a.ts', text: "import { spawn, type ChildProcess } from 'node:child_process';" },
      { path: 'src/act/b.ts', text: "import type { Pool } from '../model/config.ts';\nimport { x } from './a.ts';" },
      {
        path: 'src/rules/files/load.ts',
        text: "import { parseYaml } from '../../lib/yaml/yaml.ts';\nconst m = /a/.exec(text);",
      },
      { path: 'src/rules/language/expression.ts', text: "import { Environment } from '@marcbachmann/cel-js';" },
      { path: 'src/broker/keys.ts', text: "const KEY = 'weir:alive';" },
      { path: 'src/lib/redis/connections.ts', text: 'export const connect = () => new Redis(path);' },
      { path: 'src/cli/a.ts', text: "printError('weir: no such member');" },
      { path: 'src/cli/print.ts', text: 'process.stdout.write(harmless(text));' },
      {
        path: 'src/tell/a.ts',
        text: "// import x from '../act/lvs/lvs.ts'; new Redis()\n/* `weir:{pool}` and shell: true */\n",
      },
      { path: 'src/tell/b.ts', text: "const link = 'http://x/*'; const quote = /['\"`]/g; // new Redis(\n" },
      {
        path: 'workers/a.ts',
        text: "import { Worker } from 'bullmq';\nimport { step } from '../src/rules/fold-entry.ts';",
      },
    ];

    expect(breaches(allowed)).toEqual([]);
  });

  it('a long file with a reason is let through', () => {
    const text = `${'\n'.repeat(MAX_LINES)}a`;

    expect(breaches([{ path: 'src/act/x.ts', text }], { 'src/act/x.ts': 'one table' })).toEqual([]);
  });
});

it('a comment hides nothing that follows it', () => {
  const text = `const a = 'it\\'s'; // "\n/* ' */ import { b } from '../rules/fold-entry.ts';\n`;

  expect(importsOf({ path: 'src/act/x.ts', text })).toEqual(['src/rules/fold-entry.ts']);
});
