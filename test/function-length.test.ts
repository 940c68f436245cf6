/**
 * How long a function is. A factory that grows holds its state and all that works on it in one head; past 60 lines it is
 * split into parts that have a name (CONTRIBUTING.md, "Critical rules").
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const MAX_LINES = 60;

interface LongFunction {
  /** `<path> <function>`; an unnamed one is called `?`. */
  readonly id: string;
  readonly line: number;
  readonly lines: number;
}

/** Functions, arrow functions and methods over the limit. A function within another counts for both. */
function longFunctions(path: string, text: string): LongFunction[] {
  const found: LongFunction[] = [];
  const lineAt = lineCounter(text);

  function visit(value: unknown, name: string): void {
    if (Array.isArray(value)) for (const child of value) visit(child, name);
    if (!isNode(value)) return;
    const named = nameOf(value) ?? name;
    if (/^(Function|ArrowFunction)/.test(value.type) && isNode(value.body)) {
      const line = lineAt(value.start);
      const lines = lineAt(value.end) - line + 1;
      if (lines > MAX_LINES) found.push({ id: `${path} ${named}`, line, lines });
      // What stands in it without a name of its own has none.
      for (const [key, child] of Object.entries(value)) if (key !== 'id') visit(child, '?');
      return;
    }
    for (const child of Object.values(value)) visit(child, named);
  }

  visit(parseAst(text, { lang: 'ts' }, path).body, '?');
  return found;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** What a declaration, a variable, a property or a method calls what is in it. */
function nameOf({ id, key }: Node): string | undefined {
  const named = isNode(id) ? id : isNode(key) ? key : undefined;
  return typeof named?.name === 'string' ? named.name : undefined;
}

function lineCounter(text: string): (offset: number) => number {
  const ends = [...text.matchAll(/\n/g)].map(({ index }) => index);
  return (offset) => ends.filter((end) => end < offset).length + 1;
}

function sourcesBelow(folder: string): { readonly path: string; readonly text: string }[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') }));
}

const all = [...sourcesBelow('src'), ...sourcesBelow('workers')].flatMap(({ path, text }) => longFunctions(path, text));

it('is at most 60 lines', () => {
  expect(all.map(({ id, line, lines }) => `${id}, line ${line}: ${lines} lines`)).toEqual([]);
});

describe('a longer one is found', () => {
  const lines = (count: number) => 'a();\n'.repeat(count);

  it.each([
    ['a function', `export function long(): void {\n${lines(59)}}`],
    ['an async one', `async function long() {\n${lines(59)}}`],
    ['a generator', `function* long() {\n${lines(59)}}`],
    ['an arrow function', `const long = () => {\n${lines(59)}};`],
    ['one that gives a table', `const long = () => ({\n${'  a: 1,\n'.repeat(59)}});`],
    ['a method', `class A { long() {\n${lines(59)}} }`],
    ['a getter', `const a = { get long() {\n${lines(59)}} };`],
    ['a property', `const a = { long: async () => {\n${lines(59)}} };`],
    ['one behind a type', `const long: (a: string) => void = (a) => {\n${lines(59)}};`],
    ['one in another', `function outer() { function long() {\n${lines(59)}} }`],
  ])('%s', (_, text) => {
    expect(longFunctions('src/x.ts', text).map(({ id }) => id)).toContain('src/x.ts long');
  });

  it('and neither one of 60 lines nor a long table', () => {
    expect(longFunctions('src/x.ts', `function long() {\n${lines(58)}}`)).toEqual([]);
    expect(longFunctions('src/x.ts', `const TABLE = {\n${'  a: 1,\n'.repeat(100)}};`)).toEqual([]);
    expect(longFunctions('src/x.ts', `interface A {\n${'  a(): void;\n'.repeat(100)}}`)).toEqual([]);
  });
});
