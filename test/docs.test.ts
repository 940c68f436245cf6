/** What README and CONTRIBUTING say is true: their examples load, their commands and files exist. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../src/config/load.ts';
import { checkRules } from '../src/rules/load.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const README = read('README.md');

function yamlBlock(beginning: string): string {
  const blocks = [...README.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
  return blocks.find((block) => block.startsWith(beginning)) as string;
}

test('the first rule of README loads as it stands', () => {
  const { ruleSet, problems } = checkRules([{ file: 'README.md', text: yamlBlock('version: 1') }]);

  expect(problems).toEqual([]);
  expect(ruleSet?.rules.map((rule) => [rule.name, rule.mode])).toEqual([['member-unwritable', 'auto']]);
});

test("README's weir.yaml loads as it stands, and starts in shadow mode", () => {
  const config = parseConfig({ file: 'README.md', text: yamlBlock('pools:'), env: {}, cwd: ROOT, root: true });

  expect(Object.keys(config.pools.logs?.members ?? {})).toEqual(['a', 'b']);
  expect([config.policy.mode, config.stateDir, config.http.port]).toEqual(['shadow', '/var/lib/weir', 8480]);
});

test('README names every command, and no other', () => {
  const sources = readdirSync(join(ROOT, 'src/cli')).map((name) => read(join('src/cli', name)));
  const first = (text: string) => text.split(' ')[0] as string;
  const inCode = sources.flatMap((source) =>
    [...source.matchAll(/program\s*\.command\('([^']+)'/g)].map((m) => m[1] ?? ''),
  );
  const inTable = [...README.matchAll(/^\| `weir ([^`]+)`/gm)].map((match) => match[1] ?? '');

  expect(new Set(inTable.map(first))).toEqual(new Set(inCode.map(first)));
});

test('every file and folder that the documents name is there', () => {
  const named = ['README.md', 'CONTRIBUTING.md'].flatMap((document) =>
    [...read(document).matchAll(/(?<![\w/<])((?:src|workers|test|rules|scripts|\.ci)\/[\w./-]*)/g)].map(
      (match) => match[1] ?? '',
    ),
  );

  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(ROOT, path)) && !existsSync(join(ROOT, `${path}.ts`)))).toEqual([]);
});
