/** What the documents say is true: examples load, links lead somewhere, what is made of the code is as the code is. */

import { existsSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { weirProgram } from '../src/cli/program.ts';
import { parseConfig } from '../src/config/load.ts';
import { TESTED_WITH } from '../src/operations/pack.ts';
import { layoutUnder } from '../src/provision/render/layout.ts';
import { nodeUnit, workerUnit } from '../src/provision/render/units.ts';
import { checkRules } from '../src/rules/files/load.ts';
import { loadTests } from '../src/rules/testing/files.ts';
import { runCase } from '../src/rules/testing/run.ts';
import { commandsText } from './support/docs/commands.ts';
import { configurationText } from './support/docs/configuration.ts';
import { anchorsOf, brokenLinks, DOCUMENTS, filesIn, ROOT, read, typed, yamlBlock } from './support/docs/documents.ts';

const CODE = filesIn(['src', 'workers', 'lab', 'test'], '.ts');
const COMMANDS = new Map(
  weirProgram(() => undefined).commands.map((command) => [command.name(), command.commands.map((one) => one.name())]),
);

function load(file: string, text: string) {
  const names = [...text.matchAll(/\$([A-Z_]+)/g)].map((match) => [match[1], valueFor(match[1] as string)]);
  return parseConfig({ file, text, env: Object.fromEntries(names), cwd: ROOT, root: true });
}

function valueFor(variable: string): string {
  if (variable.endsWith('_URL')) return variable === 'SMTP_URL' ? 'smtp://mail.example.com' : 'https://example.com/up';
  return 'a-secret-of-24-letters--';
}

describe('README', () => {
  it('has a first rule that loads as it stands', () => {
    const { ruleSet, problems } = checkRules([{ file: 'README.md', text: yamlBlock('README.md', 'version: 1') }]);

    expect(problems).toEqual([]);
    expect(ruleSet?.rules.map((rule) => [rule.name, rule.mode])).toEqual([['member-unwritable', 'auto']]);
  });

  it('has a weir.yaml that loads as it stands, and starts in shadow mode', () => {
    const config = load('README.md', yamlBlock('README.md', 'pools:'));

    expect(Object.keys(config.pools.logs?.members ?? {})).toEqual(['a', 'b']);
    expect([config.policy.mode, config.stateDir, config.http.port]).toEqual(['shadow', '/var/lib/weir', 8480]);
  });

  it('is short: what is looked up stands in docs', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(125);
  });
});

describe('documents that are made of the code', () => {
  it.each([
    ['docs/commands.md', commandsText],
    ['docs/configuration.md', configurationText],
    ['examples/systemd/weir-node.service', () => nodeUnit('a', '/var/lib/weir', layoutUnder('/'))],
    ['examples/systemd/weir-worker.service', workerUnit],
  ])('%s is as the code is', (path, make) => {
    const text = make();
    if (process.env.WEIR_WRITE_DOCS !== undefined) writeFileSync(join(ROOT, path), text);

    expect(existsSync(join(ROOT, path)) ? read(path) : '', `\`npm run docs\` writes ${path} anew`).toBe(text);
  });

  it('say of every key of weir.yaml and of every option what it is for', () => {
    const silent = /^\|.*\|\s*\|\s*\|?$/gm;
    const without = (path: string) =>
      read(path)
        .match(silent)
        ?.filter((row) => /^\| `/.test(row)) ?? [];

    expect(without('docs/configuration.md')).toEqual([]);
    expect([...read('docs/commands.md').matchAll(/^\| `[^|]*\|\s*\|/gm)]).toEqual([]);
  });
});

describe('every document', () => {
  it.each(DOCUMENTS)('%s has links that lead somewhere', (document) => {
    expect(brokenLinks(document)).toEqual([]);
  });

  it.each(DOCUMENTS.filter((path) => path !== 'CHANGELOG.md'))('%s names files that are there', (document) => {
    const named = [
      ...read(document).matchAll(/(?<![\w/<.-])((?:src|workers|test|lab|rules|scripts|\.ci)\/[\w./-]*\w)/g),
    ]
      .map((match) => match[1] as string)
      .filter((path) => !existsSync(join(ROOT, path)) && !existsSync(join(ROOT, `${path}.ts`)));

    expect(named).toEqual([]);
  });

  it.each(DOCUMENTS)('%s names commands that are there', (document) => {
    const unknown = typed(document, 'weir').filter((text) => {
      const [name = '', second = ''] = text.split(/[\s:,]+/);
      const inGroup = COMMANDS.get(name);
      if (!/^[a-z]+$/.test(name)) return false;
      return inGroup === undefined || (name === 'rules' && /^[a-z]+$/.test(second) && !inGroup.includes(second));
    });
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const noScript = typed(document, 'npm run').filter((text) => scripts[text.split(/\s/)[0] as string] === undefined);

    expect([unknown, noScript]).toEqual([[], []]);
  });

  it('calls the command weir: npx would look for another package of that name', () => {
    expect(DOCUMENTS.filter((document) => read(document).includes('npx weir'))).toEqual([]);
  });

  it('of docs stands in their index', () => {
    const index = read('docs/README.md');
    const inDocs = DOCUMENTS.filter((path) => path.startsWith('docs/') && path !== 'docs/README.md');

    expect(inDocs.filter((path) => !index.includes(`](${basename(path)})`))).toEqual([]);
  });
});

describe('hazards', () => {
  const anchors = anchorsOf('docs/hazards.md');
  const numbers = [...read('docs/hazards.md').matchAll(/<a id="([th]\d+)"><\/a>\*\*([TH]\d+)\. /g)];

  it('have a number each, and an anchor of that name', () => {
    expect(numbers.length).toBeGreaterThan(50);
    expect(numbers.filter(([, id, number]) => id !== number?.toLowerCase())).toEqual([]);
    expect(new Set(numbers.map(([, id]) => id)).size).toBe(numbers.length);
  });

  it('are all there that code and documents cite', () => {
    const cited = [...CODE, ...DOCUMENTS].flatMap((path) =>
      [...read(path).matchAll(/\b(?:([TH][1-9]\d?)\b(?!['_])|hazards\.md#(\w+))/g)].map(([, number, anchor]) => ({
        path,
        anchor: anchor ?? (number as string).toLowerCase(),
      })),
    );

    expect(cited.length).toBeGreaterThan(60);
    expect(cited.filter(({ anchor }) => !anchors.has(anchor))).toEqual([]);
  });
});

describe('examples', () => {
  const configs = filesIn(['examples'], 'weir.yaml');

  it.each(configs)('%s loads', (file) => {
    const config = load(file, read(file));

    expect(Object.keys(config.pools)).toEqual(['logs']);
  });

  it('of rules load with their tests, which pass', async () => {
    const folders = await loadTests([join(ROOT, 'examples/rules')]);
    const results = folders.flatMap(({ ruleSet, cases }) =>
      cases.map((test) => runCase(test, { ...TESTED_WITH, ruleSet })),
    );

    expect(results.length).toBeGreaterThan(1);
    expect(results.flatMap(({ failures }) => failures)).toEqual([]);
  });

  it('of units start commands that are there, with the secrets that weir.yaml names', () => {
    const units = filesIn(['examples'], '.service').map(read);
    const started = units.map((unit) => /^ExecStart=\/usr\/local\/bin\/weir (\w+)/m.exec(unit)?.[1] ?? '');
    const secrets = [...read('examples/two-nodes/weir.yaml').matchAll(/\$([A-Z_]+)/g)].map((match) => match[1]);

    expect(started.sort()).toEqual(['node', 'worker']);
    expect(secrets.filter((name) => !read('examples/systemd/weir.env').includes(`${name}=`))).toEqual([]);
  });

  it('of containers build a stage of the Dockerfile, with the secrets that weir.yaml names', () => {
    const { services } = parse(read('examples/compose/compose.yaml'));
    const secrets = [...read('examples/compose/weir.yaml').matchAll(/\$([A-Z_]+)/g)].map((match) => match[1]);

    expect(read('Dockerfile')).toContain(` AS ${services.worker.build.target}\n`);
    expect(secrets.filter((name) => !services.worker.environment.includes(name))).toEqual([]);
  });
});

describe('words', () => {
  const exported = CODE.filter((path) => /^(src|workers)\//.test(path)).flatMap((path) =>
    [...read(path).matchAll(/^export (?:async )?(interface|type|class|function|const) (\w+)/gm)].map(
      ([, kind, name]) => ({ path, kind, name: name as string }),
    ),
  );

  it('of the glossary have one type', () => {
    const named = [...read('CONTRIBUTING.md').matchAll(/^\| \*[^|]*\|[^|]*\| `(\w+)` \|$/gm)].map((match) => match[1]);
    const times = named.map((name) => [
      name,
      exported.filter((one) => one.name === name && one.kind !== 'const').length,
    ]);

    expect(times.length).toBeGreaterThan(20);
    expect(times.filter(([, count]) => count !== 1)).toEqual([]);
  });

  it('that were given up stand in no exported name', () => {
    const GIVEN_UP = new Set(['desk', 'hand', 'owed', 'debt', 'shower', 'teller', 'tellers']);
    // To hand over is what a failover does.
    const words = (name: string) =>
      name
        .replace(/[hH]andOver/, '')
        .split(/(?=[A-Z])|_/)
        .map((word) => word.toLowerCase());

    const found = exported.filter(({ name }) => words(name).some((word) => GIVEN_UP.has(word)));

    expect(found).toEqual([]);
  });
});

it('one version of Node is meant everywhere', () => {
  const major = read('.nvmrc').trim();
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };

  expect(engines.node).toContain(`>=${major}.`);
  expect(new Set(read('Dockerfile').match(/^FROM node:\d+/gm))).toEqual(new Set([`FROM node:${major}`]));
});
