/**
 * YAML text with positions. Everything that people write for Weir is read here, and everything that is wrong with it
 * comes back as `file:line:column what is wrong, what was expected`.
 */

import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
  type YAMLError,
} from 'yaml';
import type { z } from 'zod';
import { messageOf } from '../../model/error.ts';
import { lowerFirst } from '../text/plain-text.ts';
import type { YamlFile, YamlPath } from './file.ts';
import { explainIssue } from './issue.ts';
import { scalarOffsets } from './offsets.ts';
import type { Problem } from './problem.ts';

interface Place {
  readonly node?: Node | undefined;
  readonly key?: Node | undefined;
  readonly found: boolean;
}

/** Gives another value for a text (a variable of the environment), or a message about it; undefined: it stays as it is. */
type Replace = (value: string) => { readonly value: string } | { readonly problem: string } | undefined;

/** Makes a problem with what stands between two offsets of the text, or with a node of the document. */
interface Problems {
  between(start: number, end: number, message: string): Problem;
  of(node: Node | undefined, message: string): Problem;
}

/** Reads one YAML document. Positions and `sourceOf` are those of what was written, not of what `replace` gives. */
export function parseYaml(
  file: string,
  text: string,
  replace?: Replace,
): { readonly yaml: YamlFile; readonly problems: readonly Problem[] } {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, uniqueKeys: true, prettyErrors: false, logLevel: 'error' });
  const make = problemsIn(file, text, lineCounter);
  const faults = [...document.errors, ...document.warnings].map((error) =>
    make.between(error.pos[0], error.pos[1], syntaxMessage(error, text)),
  );
  const { oddKeys, notReplaced } = visitTexts(document, make, replace);
  const problems = [...faults, ...oddKeys];
  let data: unknown;
  try {
    if (problems.length === 0) data = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    problems.push(make.between(0, 1, `the YAML cannot be read: ${messageOf(error)}`));
  }
  return { yaml: yamlFile({ file, text, data }, document, make), problems: [...problems, ...notReplaced] };
}

function problemsIn(file: string, text: string, lineCounter: LineCounter): Problems {
  const between = (start: number, end: number, message: string): Problem => {
    const { line, col } = lineCounter.linePos(Math.min(start, text.length));
    return { file, line: Math.max(1, line), column: Math.max(1, col), message, excerpt: excerpt(text, start, end) };
  };
  return {
    between,
    of(node, message) {
      const [start, end] = node?.range ?? [0, 0];
      return between(start, Math.max(end, start + 1), message);
    },
  };
}

/** Replaces texts in the document, and finds keys that are no plain text. */
function visitTexts(document: Document, make: Problems, replace: Replace | undefined) {
  const oddKeys: Problem[] = [];
  const notReplaced: Problem[] = [];
  visit(document, {
    Pair(_, pair) {
      if (isScalar(pair.key) || isAlias(pair.key)) return;
      const message = 'a key is plain text, this is a list or a mapping: put text that begins with { or [ in quotes';
      oddKeys.push(make.of(isNode(pair.key) ? pair.key : undefined, message));
    },
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return;
      const replaced = replace?.(node.value);
      if (replaced === undefined) return;
      if ('value' in replaced) node.value = replaced.value;
      else notReplaced.push(make.of(node, replaced.problem));
    },
  });
  return { oddKeys, notReplaced };
}

function yamlFile(read: Pick<YamlFile, 'file' | 'text' | 'data'>, document: Document, make: Problems): YamlFile {
  const { text } = read;
  return {
    ...read,
    sourceOf: (path) => {
      const { node, found } = findPlace(document, path);
      return found && node?.range ? text.slice(node.range[0], node.range[1]) : '';
    },
    lineOf: (path) => make.of(findPlace(document, path).node, '').line,
    problemAt: (path, message) => {
      const { node, key, found } = findPlace(document, path);
      // A block begins a line below its key; the key is what people look for.
      const block = (isMap(node) || isSeq(node)) && node.flow !== true;
      return make.of(key !== undefined && (!found || block) ? key : node, message);
    },
    problemAtKey: (path, message) => {
      const { node, key } = findPlace(document, path);
      return make.of(key ?? node, message);
    },
    problemInside: (path, start, end, message) => {
      const { node } = findPlace(document, path);
      if (!isScalar(node) || !node.range) return make.of(node, message);
      const offsets = scalarOffsets(node as Scalar, text);
      const at = (index: number) => offsets[index] ?? node.range?.[1] ?? 0;
      return make.between(at(start), Math.max(at(Math.max(end - 1, start)), at(start)) + 1, message);
    },
  };
}

/** The data checked against a schema, or everything that is wrong with it. */
export function checkSchema<T>(
  yaml: YamlFile,
  schema: z.ZodType<T>,
): { readonly value: T; readonly problems: readonly [] } | { readonly problems: readonly Problem[] } {
  const result = schema.safeParse(yaml.data, { reportInput: true });
  if (result.success) return { value: result.data, problems: [] };
  return { problems: result.error.issues.flatMap((issue) => explainIssue(yaml, issue)) };
}

function findPlace(document: Document, path: YamlPath): Place {
  let node: Node | undefined = (document.contents as Node | null) ?? undefined;
  let key: Node | undefined;
  for (const segment of path) {
    const holder: unknown = isAlias(node) ? node.resolve(document) : node;
    if (isMap(holder)) {
      const pair = holder.items.find((item) => isScalar(item.key) && String(item.key.value) === String(segment));
      if (pair === undefined) return { node, key, found: false };
      key = pair.key as Node;
      node = isNode(pair.value) ? pair.value : undefined;
    } else if (isSeq(holder)) {
      const item: unknown = holder.items[Number(segment)];
      if (!isNode(item)) return { node, key, found: false };
      key = undefined;
      node = item;
    } else {
      return { node, key, found: false };
    }
  }
  // `key:` with nothing behind it has a value node of no length after the key: the key is what people can see.
  if (node?.range && node.range[0] === node.range[1] && key !== undefined) return { node: key, key, found: true };
  return { node, key, found: true };
}

function syntaxMessage(error: YAMLError, text: string): string {
  const found = text.slice(error.pos[0], error.pos[1]).split('\n')[0]?.trim() ?? '';
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return `the key "${/[^\s:,}]*/.exec(text.slice(error.pos[0]))?.[0]}" stands here a second time: keep one of the two`;
    case 'TAB_AS_INDENT':
      return 'a tab is used to indent: YAML wants spaces';
    case 'TAG_RESOLVE_FAILED':
      return `"${found}" is read as a YAML tag because it begins with "!": quote it, as in "${found} ..."`;
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'a second ": " stands in this line: quote the value, or begin a new line';
    case 'BAD_SCALAR_START':
      return `a value cannot begin with "${text[error.pos[0]]}" in YAML: quote it`;
    case 'BAD_ALIAS':
      return `"${found}" is read as a YAML alias because it begins with "*": quote it`;
    case 'MULTIPLE_DOCS':
      return 'a second document begins here ("---"): one file holds one document';
    default:
      return `this is not YAML: ${lowerFirst(error.message)}`;
  }
}

function excerpt(text: string, start: number, end: number): string {
  const lineStart = start === 0 ? 0 : text.lastIndexOf('\n', start - 1) + 1;
  const newline = text.indexOf('\n', start);
  const lineEnd = newline === -1 ? text.length : newline;
  const width = Math.max(1, Math.min(end, lineEnd) - start);
  return `${text.slice(lineStart, lineEnd)}\n${' '.repeat(start - lineStart)}${'^'.repeat(width)}`;
}
