/**
 * The walls between the folders (CONTRIBUTING.md, "Critical rules"). Read from the text of the sources: TypeScript 7 has
 * no API to parse with, and an import has few forms.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const STAGES = ['observe', 'rules', 'rails', 'act', 'tell', 'build'];
/** Small pieces right below src/ that a stage may use. Each imports src/model/ at most, and the others of this list. */
const SHARED = [
  'yaml',
  'yaml-issue',
  'yaml-offsets',
  'nearest',
  'connect',
  'track-file',
  'whole-file',
  'slope',
  'within',
  'schedule',
  'audit-chain',
  'plain-file',
  'dictionary',
].map((name) => `src/${name}.ts`);
const MAX_LINES = 250;
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
  if (imported.startsWith('@marcbachmann/cel-js') && path !== 'src/rules/expression.ts') {
    return 'only src/rules/expression.ts knows the expression language';
  }
  if (imported === 'bullmq' && !['broker', 'workers'].includes(from)) return 'BullMQ belongs to src/broker and workers';
  if (!isOwn) return from === 'model' ? 'src/model imports nothing from outside' : undefined;
  if (/^(lab|test|scripts)\//.test(imported)) return 'the product does not import its lab, tests or scripts';
  if (from === 'model') return to === 'model' ? undefined : 'src/model imports nothing from outside';
  if (from === 'cli' || from === 'workers') return undefined;
  if (to === from || to === 'model' || SHARED.includes(imported)) return undefined;
  if (STAGES.includes(from)) return `src/${from} imports src/model and the shared pieces only`;
  if (SHARED.includes(path)) return 'a shared piece imports src/model and other shared pieces only';
  return to === 'workers' || to === 'cli' || STAGES.includes(to)
    ? 'only workers and src/cli compose the stages'
    : undefined;
}

/** Patterns that may stand nowhere in the code but in `except`. */
const FORBIDDEN_CODE: readonly { pattern: RegExp; except: (path: string) => boolean; why: string }[] = [
  {
    pattern: /\bnew (?:Redis|Cluster|IORedis)\b|\bnew Redis\.Cluster\b/,
    except: (path) => path === 'src/connect.ts',
    why: 'connections are made in src/connect.ts only',
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
    except: (path) => path.startsWith('src/broker/'),
    why: "the broker's keys are named in src/broker only",
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

function sourcesBelow(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') }));
}

test('the walls stand', () => {
  const sources = [...sourcesBelow('src'), ...sourcesBelow('workers')];

  expect(sources.length).toBeGreaterThan(30);
  expect(breaches(sources)).toEqual([]);
});

test('the exceptions are still needed', () => {
  const paths = [...sourcesBelow('src'), ...sourcesBelow('workers')].map((source) => source.path);

  expect([...SHARED, ...Object.keys(LONG_FILES)].filter((path) => !paths.includes(path))).toEqual([]);
});

describe('a planted breach is found', () => {
  test.each([
    ['a stage imports another one', 'src/observe/x.ts', "import { a } from '../rules/step.ts';"],
    ['over several lines', 'src/rails/x.ts', "import {\n  a,\n  b,\n} from '../act/lvs.ts';"],
    ['only its types', 'src/tell/x.ts', "import type { A } from '../rails/index.ts';"],
    ['by re-export', 'src/act/x.ts', "export * from '../observe/lvs.ts';"],
    ['for its effect', 'src/act/x.ts', "import '../tell/log.ts';"],
    ['when it runs', 'src/rules/x.ts', "const a = await import('../broker/keys.ts');"],
    ['by a name that is made up', 'src/rules/x.ts', 'const a = await import(name);'],
    ['by a type expression', 'src/rules/x.ts', "let a: import('../tell/log.ts').A;"],
    ['a stage imports the broker', 'src/build/x.ts', "import { k } from '../broker/keys.ts';"],
    ['a stage imports a worker', 'src/act/x.ts', "import { k } from '../../workers/act.ts';"],
    ['a stage imports the configuration', 'src/act/x.ts', "import { k } from '../config/load.ts';"],
    ['the model imports a package', 'src/model/x.ts', "import { z } from 'zod';"],
    ['the model imports a shared piece', 'src/model/x.ts', "import { z } from '../yaml.ts';"],
    ['a shared piece imports a stage', 'src/yaml.ts', "import { z } from './rules/load.ts';"],
    ['the broker composes', 'src/broker/x.ts', "import { z } from '../rules/step.ts';"],
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
    ['a long file', 'src/act/x.ts', `${'\n'.repeat(MAX_LINES)}a`],
  ])('%s', (_, path, text) => {
    const found = breaches([{ path, text }]);

    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${path}: .{10,}`));
  });

  test('and what is allowed, commented or said to people is not', () => {
    const allowed: Source[] = [
      { path: 'src/act/a.ts', text: "import { execFile, type ChildProcess } from 'node:child_process';" },
      { path: 'src/act/b.ts', text: "import type { Pool } from '../model/config.ts';\nimport { x } from './a.ts';" },
      { path: 'src/rules/load.ts', text: "import { parseYaml } from '../yaml.ts';\nconst m = /a/.exec(text);" },
      { path: 'src/rules/expression.ts', text: "import { Environment } from '@marcbachmann/cel-js';" },
      { path: 'src/broker/keys.ts', text: "const KEY = 'weir:alive';" },
      { path: 'src/connect.ts', text: 'export const connect = () => new Redis(path);' },
      { path: 'src/cli/a.ts', text: "process.stderr.write('weir: no such member');" },
      {
        path: 'src/tell/a.ts',
        text: "// import x from '../act/lvs.ts'; new Redis()\n/* `weir:{pool}` and shell: true */\n",
      },
      { path: 'src/tell/b.ts', text: "const link = 'http://x/*'; const quote = /['\"`]/g; // new Redis(\n" },
      { path: 'workers/a.ts', text: "import { Worker } from 'bullmq';\nimport { step } from '../src/rules/step.ts';" },
    ];

    expect(breaches(allowed)).toEqual([]);
  });

  test('a long file with a reason is let through', () => {
    const text = `${'\n'.repeat(MAX_LINES)}a`;

    expect(breaches([{ path: 'src/act/x.ts', text }], { 'src/act/x.ts': 'one table' })).toEqual([]);
  });
});

test('a comment hides nothing that follows it', () => {
  const text = `const a = 'it\\'s'; // "\n/* ' */ import { b } from '../rules/step.ts';\n`;

  expect(importsOf({ path: 'src/act/x.ts', text })).toEqual(['src/rules/step.ts']);
});
