import { z } from 'zod';
import { didYouMean } from '../text/did-you-mean.ts';
import type { YamlFile, YamlPath } from './file.ts';
import type { Problem } from './problem.ts';

/**
 * An object with these keys and no other. The message of its unknown-key issue is the list of the known ones, which
 * explainIssue turns into a suggestion.
 */
export function keys<S extends z.ZodRawShape>(shape: S) {
  const known = Object.keys(shape).join(' ');
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? known : undefined) });
}

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, {
    error: ({ input }) =>
      `expected ${words.length > 1 ? 'one of ' : ''}${words.join(', ')}${didYouMean(String(input), words)}`,
  });
}

type Issue = z.core.$ZodIssue;

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

/** Values that are never repeated to the reader, because they may be secrets in the wrong place or form. */
const SECRET_KEY = /password|token|secret|auth|smtp/;

/** Where one stands in the place of a list (`slack: "#a"`), the schema speaks of the first of the list. */
function asWritten(yaml: YamlFile, path: YamlPath): YamlPath {
  let value: unknown = yaml.data;
  for (const [i, key] of path.entries()) {
    if (typeof value !== 'object' || value === null) return path.slice(0, i);
    value = (value as Readonly<Record<string | number, unknown>>)[key as string];
  }
  return path;
}

/** A schema's issue as problems with positions. Messages of the schema that begin with "expected" are completed here. */
export function explainIssue(yaml: YamlFile, issue: Issue): Problem[] {
  const path = asWritten(yaml, issue.path as YamlPath);
  const name = pathName(path);
  if (issue.code === 'unrecognized_keys') {
    const present = Object.keys((issue.input ?? {}) as object);
    const known = issue.message.split(' ').filter((key) => !present.includes(key));
    return issue.keys.map((key) => {
      const message = `${JSON.stringify(key)} is not a key ${path.length === 0 ? 'of this file' : `of ${name}`}`;
      const guess = didYouMean(key, known);
      return yaml.problemAtKey([...path, key], `${message}${guess || `, expected ${list(known)}`}`);
    });
  }
  if (issue.code === 'invalid_key') {
    const key = String(path.at(-1));
    return [
      yaml.problemAtKey(path, `${JSON.stringify(key)} cannot be a name: ${issue.issues[0]?.message ?? issue.message}`),
    ];
  }
  const expected = expectation(issue);
  if (!expected.startsWith('expected')) return [yaml.problemAt(path, expected)];
  if (issue.input === undefined && issue.code !== 'custom')
    return [yaml.problemAt(path, `${name} is missing, ${expected}`)];
  return [yaml.problemAt(path, `${name} is ${found(yaml, path, issue.input)}, ${expected}`)];
}

/** `pools.logs.queues[0]` */
function pathName(path: YamlPath): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  return text === '' ? 'the file' : text.replace(/^\./, '');
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      // Zod's own message begins with "Invalid input"; a schema that has a better one gives it.
      return issue.message.startsWith('Invalid')
        ? `expected ${KINDS[issue.expected] ?? issue.expected}`
        : issue.message;
    case 'too_small':
      if (!issue.message.startsWith('Too small')) return issue.message;
      if (issue.origin === 'string') return 'expected some text';
      return `expected ${issue.origin === 'array' ? `a list of ${issue.minimum} or more` : `${issue.minimum} or more`}`;
    case 'too_big':
      if (!issue.message.startsWith('Too big')) return issue.message;
      return `expected ${issue.maximum} or less`;
    default:
      return issue.message;
  }
}

function found(yaml: YamlFile, path: YamlPath, input: unknown): string {
  if (Array.isArray(input)) return input.length === 0 ? 'an empty list' : 'a list';
  if (input === null || input === undefined) {
    // `channel: #log` is an empty value and a comment.
    const rest = yaml.text.split('\n')[yaml.lineOf(path) - 1] ?? '';
    return / #/.test(rest) ? 'empty (in YAML " #" begins a comment: quote the value)' : 'empty';
  }
  if (typeof input === 'object') return 'a mapping';
  if (path.some((part) => SECRET_KEY.test(String(part))) || /:\/\/[^/]*@/.test(String(input)))
    return typeof input === 'string' ? 'text' : `a ${typeof input}`;
  const source = yaml.sourceOf(path).trim().split('\n')[0] ?? '';
  const shown = source.length > 60 ? `${source.slice(0, 57)}...` : source;
  return typeof input === 'string' && !/^["']/.test(shown) ? `"${shown}"` : shown;
}

function list(words: readonly string[]): string {
  return words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`;
}
