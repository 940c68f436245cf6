import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { YamlPath } from '../../../src/lib/yaml/file.ts';
import { keys, oneOf } from '../../../src/lib/yaml/issue.ts';
import { formatProblem, problemsError } from '../../../src/lib/yaml/problem.ts';
import { checkSchema, parseYaml } from '../../../src/lib/yaml/yaml.ts';

const schema = keys({
  name: z.string(),
  mode: oneOf(['off', 'auto']).optional(),
  port: z.int({ error: 'expected a whole number' }).optional(),
  password: z.int().optional(),
  items: z.array(keys({ weight: z.number().min(1) })).optional(),
});

function problemsOf(text: string): string[] {
  const { yaml, problems } = parseYaml('f.yaml', text);
  return [...problems, ...(problems.length > 0 ? [] : checkSchema(yaml, schema).problems)].map(formatProblem);
}

describe('what is wrong with a YAML file', () => {
  it.each([
    ['name: a\nprt: 1\n', 'f.yaml:2:1 "prt" is not a key of this file: did you mean "port"?'],
    ['name: a\nport: x\n', 'f.yaml:2:7 port is "x", expected a whole number'],
    ['port: 1\n', 'f.yaml:1:1 name is missing, expected text'],
    ['name: #x\n', 'f.yaml:1:1 name is empty (in YAML " #" begins a comment: quote the value), expected text'],
    ['name: a\nmode: aut\n', 'f.yaml:2:7 mode is "aut", expected one of off, auto: did you mean "auto"?'],
    ['name: a\nitems:\n  - weight: 0\n', 'f.yaml:3:13 items[0].weight is 0, expected 1 or more'],
    ['name: a\nname: b\n', 'f.yaml:2:1 the key "name" stands here a second time: keep one of the two'],
    ['name: !x.y\n', 'f.yaml:1:7 "!x.y" is read as a YAML tag because it begins with "!": quote it, as in "!x.y ..."'],
    ['name: "a \\U\n  mail"\n', 'f.yaml:1:10 this is not YAML: invalid escape sequence \\U mail"'],
    ['\tname: a\n', 'f.yaml:1:1 a tab is used to indent: YAML wants spaces'],
    ['name: @a\n', 'f.yaml:1:7 a value cannot begin with "@" in YAML: quote it'],
    ['name: a\n---\nname: b\n', 'f.yaml:2:1 a second document begins here ("---"): one file holds one document'],
    ['', 'f.yaml:1:1 the file is empty, expected a mapping'],
  ])('%j', (text, expected) => {
    expect(problemsOf(text)).toEqual([expected]);
  });

  it('a value under a key that sounds secret is never repeated', () => {
    expect(problemsOf('name: a\npassword: hunter2\n')).toEqual(['f.yaml:2:11 password is text, expected a number']);
  });

  it('the position of what is behind an alias is where it was written', () => {
    expect(problemsOf('name: a\nitems: [&x {weight: 0}, *x]\n')).toContain(
      'f.yaml:2:21 items[1].weight is 0, expected 1 or more',
    );
  });

  it('problems come in the order of their lines, each once', () => {
    const at = (line: number) => ({ file: 'f', line, column: 1, message: `m${line}` });
    expect(problemsError('config', [at(3), at(1), at(3)]).message).toBe('f:1:1 m1\nf:3:1 m3');
  });

  it('an excerpt shows the line and the place in it', () => {
    const { yaml } = parseYaml('f', 'a: 1\nbee: two\n');
    expect(yaml.problemAt(['bee'], 'x').excerpt).toBe('bee: two\n     ^^^');
  });
});

describe('a replaced value', () => {
  const replace = (value: string) =>
    value === '$A' ? { value: 'from outside' } : value === '$B' ? { problem: 'no B' } : undefined;

  it('is in the data, and what was written is what is shown', () => {
    const { yaml, problems } = parseYaml('f', 'name: $A\n', replace);
    expect(problems).toEqual([]);
    expect(yaml.data).toEqual({ name: 'from outside' });
    expect(yaml.sourceOf(['name'])).toBe('$A');
  });

  it('that cannot be had is a problem at its place', () => {
    const { problems } = parseYaml('f', 'a: 1\nname: $B\n', replace);
    expect(problems.map(formatProblem)).toEqual(['f:2:7 no B']);
  });
});

describe('a place inside a text', () => {
  const at = (text: string, path: YamlPath, needle: string) => {
    const { yaml, problems } = parseYaml('f', text);
    expect(problems).toEqual([]);
    const value = path.reduce<unknown>((data, part) => (data as Record<string, unknown>)[part], yaml.data) as string;
    const start = value.indexOf(needle);
    const { line, column } = yaml.problemInside(path, start, start + needle.length, '');
    return [line, column];
  };

  it.each([
    ['plain', 'a: one two\n', [1, 8]],
    ['single quotes with a doubled one', "a: 'o''ne two'\n", [1, 11]],
    ['double quotes with escapes', 'a: "\\"o\\u0041\\U0001F600 two"\n', [1, 25]],
    ['a line joined by a backslash', 'a: "one \\\n   two"\n', [2, 4]],
    ['a literal block', 'a: |\n  one\n\n  two\n', [4, 3]],
    ['a folded block', 'a: >-\n  one\n  two\n', [3, 3]],
    ['plain over two lines', 'a: one\n   two\n', [2, 4]],
    ['an anchor before it', 'a: &x one two\n', [1, 11]],
    ['windows lines', 'a: |\r\n  one\r\n  two\r\n', [3, 3]],
  ])('%s', (_, text, expected) => {
    expect(at(text, ['a'], 'two')).toEqual(expected);
  });

  it('is found in whatever form a text is written in', () => {
    const word = fc.stringMatching(/^[a-z'"\\é ]{0,12}$/);
    fc.assert(
      fc.property(word, word, fc.constantFrom('"', "'", '|'), (before, after, form) => {
        const value = `${before}@${after}`;
        const written =
          form === '"' ? JSON.stringify(value) : form === "'" ? `'${value.replaceAll("'", "''")}'` : `|-\n  .${value}`;
        const text = `a: ${written}\n`;
        const { line, column } = parseYaml('f', text).yaml.problemInside(
          ['a'],
          value.indexOf('@') + (form === '|' ? 1 : 0),
          0,
          '',
        );
        expect(text.split('\n')[line - 1]?.[column - 1]).toBe('@');
      }),
      { numRuns: 2_000 },
    );
  });

  it('any text at all is read or refused with positions', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[ab:{}[\]&*!|>'"\-,# \n\t%@]{0,60}$/)), (text) => {
        for (const line of problemsOf(text)) expect(line).toMatch(/^f\.yaml:[1-9]\d*:[1-9]\d* [^\n]+$/);
      }),
      { numRuns: 3_000 },
    );
  });
});
