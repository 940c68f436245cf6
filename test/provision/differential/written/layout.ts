/** The ways in which people write the same statements: braces, comments, definitions, conditions, includes. Pure. */

import type { Chance } from '../../../model-check/chance.ts';
import { line, type Node } from './statement.ts';

export interface WrittenFile {
  readonly text: string;
  /** keepalived reads no file that may be executed (lib/parser.c, check_glob_file). */
  readonly isExecutable?: true;
}

/** By path; `keepalived.conf` is the one that is read. */
export type Files = Readonly<Record<string, WrittenFile>>;

export const MAIN = 'keepalived.conf';

interface Style {
  readonly indent: string;
  readonly end: string;
  /** How rarely something odd is done: once in so many. */
  readonly odd: number;
}

interface Writer {
  readonly chance: Chance;
  readonly style: Style;
  readonly configId: string;
  readonly definitions: string[];
  readonly included: Record<string, WrittenFile>;
  /** Of the file that is being written, with a / behind it. */
  readonly folder: string;
}

export function write(chance: Chance, nodes: readonly Node[], configId: string): Files {
  const style: Style = {
    indent: chance.pick(['  ', '    ', '\t', '', ' \t']),
    end: chance.once(8) ? '\r\n' : '\n',
    odd: chance.pick([6, 15, 40, 1_000]),
  };
  const writer: Writer = { chance, style, configId, definitions: [], included: {}, folder: '' };
  const lines = nodes.flatMap((node) => [...apart(writer, node), ...(chance.once(2) ? [''] : [])]);
  const text = [...heading(writer), ...writer.definitions, ...lines, ''].join(style.end);
  return { [MAIN]: { text }, ...writer.included };
}

function heading({ chance, style }: Writer): string[] {
  return chance.once(3) ? ['! Configuration File for keepalived', '', ...comments(chance, style)] : [];
}

/** A block at the top, here or in a file of its own. */
function apart(writer: Writer, node: Node): string[] {
  if (writer.chance.once(writer.style.odd * 3)) return [...forOthers(writer, node), ...written(writer, node, 0)];
  if (!writer.chance.once(writer.style.odd)) return written(writer, node, 0);
  return elsewhere({ ...writer, folder: writer.chance.pick(['', 'conf.d/']) }, (inside) => written(inside, node, 0));
}

/** The block once more, for another server than this one, with a line of its own in it. */
function forOthers({ chance, style }: Writer, { words, block = [] }: Node): string[] {
  const inside = block.filter((one) => one.block === undefined).map((one) => style.indent + one.words.join(' '));
  const condition = chance.pick(['@nobody ', '@nobody\t']);
  return [`${words.join(' ')} {`, ...inside, `${style.indent}priority 77`, '}'].map((text) => condition + text);
}

/** The lines in a file of their own, and what includes it. Names are relative to the including file, whose folder is `from`. */
function elsewhere(writer: Writer, lines: (inside: Writer) => readonly string[], from = ''): string[] {
  const { chance, style, included, folder } = writer;
  const name = `part-${Object.keys(included).length + 1}.conf`;
  // Its place is taken before what it includes itself takes the next one.
  included[folder + name] = { text: '' };
  included[folder + name] = { text: lines(writer).join(style.end) + (chance.once(3) ? '' : style.end) };
  const path =
    folder.slice(from.length) + chance.pick([name, name.replace('part', 'p*t'), name.replace('conf', 'con[f]')]);
  return [`include${chance.pick(['', '', 'r', 'a'])} ${path}`];
}

function written(writer: Writer, node: Node, depth: number): string[] {
  const { chance, style } = writer;
  const before = chance.once(style.odd) ? comments(chance, style) : [];
  if (node.block === undefined) return [...before, ...leaf(writer, node, depth)];
  const margin = style.indent.repeat(depth);
  const condition = chance.once(style.odd * 2) ? `@${writer.configId} ` : '';
  const head = margin + condition + spelled(writer, node.words);
  const inside = node.block.flatMap((one) => written(writer, one, depth + 1));
  const lines = braced(writer, head, inside, margin);
  if (node.words[0] !== 'real_server' || !chance.once(style.odd)) return [...before, ...lines];
  if (chance.once(2)) return [...before, defined(writer, lines, margin)];
  return [...before, ...elsewhere(writer, () => lines, writer.folder)];
}

function braced({ chance, style }: Writer, head: string, inside: readonly string[], margin: string): string[] {
  const tail = chance.once(style.odd) ? ` ${chance.pick(['# ends', '! ends', '#'])}` : '';
  const [first = '', ...rest] = inside;
  switch (chance.once(style.odd) ? chance.int(5) : 5) {
    case 0:
      return [head, `${margin}{`, ...inside, `${margin}}${tail}`];
    case 1:
      return [`${head} { ${first.trimStart()}`, ...rest, `${margin}}${tail}`];
    case 2:
      return inside.length === 0 ? [`${head} { }${tail}`] : [`${head} {`, ...closed(inside)];
    case 3:
      // A name ends at a blank or a bracket only.
      return [`${head}${/\$\w+$/.test(head) ? ' ' : ''}{`, ...inside, `${margin}}${tail}`];
    case 4:
      return [`${head} { # begins`, '', ...inside, '', `${margin} \t}`];
    default:
      return [`${head} {`, ...inside, `${margin}}${tail}`];
  }
}

/** The last line may be a comment, behind which no brace counts. */
function closed(inside: readonly string[]): string[] {
  const last = inside.at(-1) as string;
  return /[#!]|\\$/.test(last) ? [...inside, '}'] : [...inside.slice(0, -1), `${last} }`];
}

function leaf(writer: Writer, { words }: Node, depth: number): string[] {
  const { chance, style, configId, definitions } = writer;
  const margin = style.indent.repeat(depth);
  const text = spelled(writer, words);
  if (!chance.once(style.odd)) return [margin + text];
  const decoy = chance.pick(['priority 77', 'weight 77', 'virtual_router_id 77', 'lb_algo fo']);
  switch (chance.int(8)) {
    case 0:
      return [`${margin}@${configId} ${text}`];
    case 1:
      return [`${margin}@^nobody ${text}`, `${margin}@nobody ${decoy}`];
    case 2:
      return [`${margin}@^${configId} ${decoy}`, margin + text];
    case 3:
      return [`${margin}\${_HASH} ${decoy}`, `${margin}${text} \${_HASH} as agreed`];
    case 4:
      return [`${margin}${text} # ${decoy} {`, `${margin}#${decoy} }`];
    case 5:
      definitions.push('$OFF=${_HASH}');
      return [`${margin}$OFF ${decoy}`, margin + text];
    case 6: {
      const name = `LINE_${definitions.length}`;
      definitions.push(`$${name}=${text}`);
      return [`${margin}$${name}`];
    }
    default:
      return [`${margin}${text}${chance.pick(['  ', '\t', ' \t ', '\f', '\v'])}`, chance.pick(['', '   ', '\t'])];
  }
}

/** Several lines as one definition, with a comment that ends in a backslash and so does not end it. */
function defined({ chance, definitions, style }: Writer, lines: readonly string[], margin: string): string {
  const name = `SERVER_${definitions.length}`;
  // A condition that comes out of a definition is cut off by the length of the line before that (read_line of keepalived
  // 2.2.7, `len`): what is left is no word.
  const [first = '', ...rest] = lines;
  const head = first.replace(/^(\s*)@\S+\s/, '$1');
  const inside = [head, ...(chance.once(2) ? ['# of the second rack'] : []), ...rest];
  // A definition is over at the first line without a backslash, so that an empty one would end it.
  const kept = inside.filter((one) => one.trim() !== '');
  definitions.push([`$${name}=\\`, ...kept.slice(0, -1).map((one) => `${one} \\`), kept.at(-1)].join(style.end));
  return `${margin}$${name}`;
}

function spelled(writer: Writer, words: readonly string[]): string {
  const { chance, style, definitions } = writer;
  const said = words.map((word, index) => {
    if (index === 0 || word.startsWith('"') || !chance.once(style.odd)) return word;
    const name = `${chance.pick(['W', 'x_', 'VALUE'])}${definitions.length}`;
    switch (chance.int(5)) {
      case 0:
        return `"${word}"`;
      case 1:
        definitions.push(`$${name}=${word}`);
        return `\${${name}}`;
      case 2:
        definitions.push(`$${name}=${word.slice(1)}`);
        return `${word.slice(0, 1)}\${${name}}`;
      case 3:
        definitions.push(`$${name}_=${word}`, `$${name}=\${${name}_}`);
        return `\${${name}}`;
      default:
        definitions.push(`$${name}=${word}`);
        return index === words.length - 1 ? `$${name}` : `\${${name}}`;
    }
  });
  return said.join(chance.once(style.odd) ? chance.pick(['  ', '\t', ' \t', '\f']) : ' ');
}

function comments(chance: Chance, { indent }: Style): string[] {
  return [
    chance.pick(['# of the logs', '! of the logs', `${indent}# virtual_server 192.0.2.9 1 {`, '#', '# "quoted', '!}']),
  ];
}

/** A statement that the layouts leave as it is. */
export const asWritten = (text: string): Node => line(text);
