/**
 * The lines of a keepalived.conf as keepalived sees them: without comments, with what is included, conditions answered
 * and definitions filled in, each brace a line of its own. Source: keepalived 2.2.7, lib/parser.c, read_line(). Pure:
 * files are handed in.
 */

import { Conditions } from './conditions.ts';
import { Definitions, type OpenDefinition } from './definitions.ts';
import { bare, codeOf, faultAt, type Line, pieces, printable, splitAtBrace } from './lines.ts';
import { type Sequence, sequenceOf } from './sequences.ts';

export interface SourceFile {
  /** As people know it; it stands in messages. */
  readonly file: string;
  readonly text: string;
  /** What _PWD is in it, where it is on a disk: absolute. */
  readonly folder?: string;
}

/** A file that keepalived would leave out, and why. */
export interface SkippedFile {
  readonly file: string;
  readonly skipped: string;
}

export interface Surroundings {
  /** Files that `pattern` names in an `include` of `file`, in order. */
  include(pattern: string, file: string): readonly (SourceFile | SkippedFile)[];
  /** What `@name` in front of a line is held against: keepalived's --config-id, by default the host's name. */
  readonly configId: string;
}

export interface Lines {
  readonly lines: readonly Line[];
  /** What keepalived skips although it is in the file, a sentence each. */
  readonly notes: readonly string[];
  /** First words of the lines whose condition does not hold. */
  readonly leftOut: ReadonlySet<string>;
}

/** keepalived's --config-id where nobody says one (main.c:2475): the host's name up to its first dot. */
export function defaultConfigId(hostName: string): string {
  return hostName.split('.')[0] ?? '';
}

/** Files within each other, or definitions: more is a circle. */
const MAX_DEPTH = 50;
const MAX_FILES = 10_000;
/** One definition within another doubles what it gives. */
const MAX_EXPANDED = 50_000;
const MAX_LINES = 500_000;

const INCLUDE = /^include([rmwba]?)[ \t\n\v\f\r][ \t]*(.*)$/s;

interface OpenFile {
  readonly source: SourceFile;
  readonly texts: readonly string[];
  /** Those that the same `include` names behind it. */
  readonly others: readonly SourceFile[];
  /** How many of its lines have been read. */
  read: number;
}

/** The lines that are left of a definition of several lines. */
interface Expansion {
  readonly line: Line;
  readonly texts: readonly string[];
  read: number;
  /** How many sequences were open when it was filled in: those behind them are read before it goes on. */
  readonly sequences: number;
}

/** @throws WeirError 'config' as `file:line:col what was expected`. */
export function readLines(source: SourceFile, surroundings: Surroundings): Lines {
  const reader = new Reader(source, surroundings);
  const lines: Line[] = [];
  for (let line = reader.next(); line !== undefined; line = reader.next()) {
    if (lines.length === MAX_LINES) throw faultAt(line, `these are more than ${MAX_LINES} lines, expected fewer`);
    lines.push(line);
  }
  return { lines, notes: reader.notes(), leftOut: reader.conditions.leftOut };
}

class Reader {
  readonly #surroundings: Surroundings;
  readonly conditions: Conditions;
  readonly #definitions: Definitions;
  readonly #files: OpenFile[] = [];
  readonly #expansions: Expansion[] = [];
  readonly #sequences: { readonly sequence: Sequence; read: number }[] = [];
  /** What stands behind a brace, or behind the first 1023 bytes of a line. */
  readonly #rest: Line[] = [];
  readonly #notes: string[] = [];
  #open: OpenDefinition | undefined;
  #expanded = 0;
  #opened = 0;

  constructor(source: SourceFile, surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.conditions = new Conditions(surroundings.configId);
    this.#definitions = new Definitions(surroundings.configId);
    this.#enter([source]);
  }

  next(): Line | undefined {
    for (let raw = this.#raw(); raw !== undefined; raw = this.#raw()) {
      if (this.#open !== undefined) {
        if (!this.#definitions.add(this.#open, raw.text)) this.#open = undefined;
        continue;
      }
      const line = raw.text === '' ? undefined : this.#resolve(raw);
      if (line === undefined || line.text === '' || this.#include(line)) continue;
      const [first, rest] = splitAtBrace(line);
      if (rest !== undefined) this.#rest.push(rest);
      return this.#definitions.settle(first, rest);
    }
    return undefined;
  }

  notes(): string[] {
    return [...this.#notes, ...this.conditions.notes()];
  }

  /** The next line of what is open, in the order in which keepalived asks: what is begun is read to its end first. */
  #raw(): Line | undefined {
    const rest = this.#rest.pop();
    if (rest !== undefined) return rest;
    const [sequence, expansion] = [this.#sequences.at(-1), this.#expansions.at(-1)];
    if (sequence !== undefined && this.#sequences.length > (expansion?.sequences ?? 0)) {
      const { line, rounds } = sequence.sequence;
      for (const [name, value] of rounds[sequence.read] ?? []) this.#definitions.set(name, value);
      sequence.read += 1;
      if (sequence.read >= rounds.length) this.#sequences.pop();
      return this.#counted(line);
    }
    if (expansion === undefined) return this.#lineOfFile();
    const text = expansion.texts[expansion.read] ?? '';
    expansion.read += 1;
    if (expansion.read >= expansion.texts.length) this.#expansions.pop();
    return this.#counted({ ...expansion.line, text });
  }

  #counted(line: Line): Line {
    this.#expanded += 1;
    if (this.#expanded <= MAX_EXPANDED && this.#expansions.length <= MAX_DEPTH) return line;
    throw faultAt(line, `definitions give more than ${MAX_EXPANDED} lines, or one gives itself: expected fewer`);
  }

  #lineOfFile(): Line | undefined {
    for (let file = this.#files.at(-1); file !== undefined; file = this.#files.at(-1)) {
      const text = file.texts[file.read]?.replace(/\r+$/, '');
      if (text === undefined) {
        this.#files.pop();
        this.#enter(file.others);
        continue;
      }
      file.read += 1;
      const line = { file: file.source.file, line: file.read, column: 1, text };
      const zero = text.indexOf('\0');
      if (zero >= 0) throw faultAt({ ...line, column: zero + 1 }, `${codeOf('\0')} stands here, expected text`);
      const [first = line, ...more] = pieces(line);
      this.#rest.push(...more.reverse());
      // A line without anything but a comment ends a definition that would go on.
      if (first.text === '' && this.#open !== undefined) {
        this.#definitions.close(this.#open);
        this.#open = undefined;
      }
      if (first.text !== '' || more.length > 0) return first;
    }
    return undefined;
  }

  #enter([source, ...others]: readonly SourceFile[]): void {
    if (source === undefined) {
      const folder = this.#files.at(-1)?.source.folder;
      if (folder !== undefined) this.#definitions.set('_PWD', folder);
      return;
    }
    this.#opened += 1;
    this.#files.push({ source, texts: source.text.split('\n'), others, read: 0 });
    if (source.folder !== undefined) this.#definitions.set('_PWD', source.folder);
  }

  /** What a line says once its condition is answered and all is filled in; undefined where that is nothing. */
  #resolve(raw: Line): Line | undefined {
    let line = raw;
    while (/^@|\$|^~/.test(line.text)) {
      const answer = this.conditions.answer(line);
      if (answer !== undefined) {
        if (!answer.holds) this.#definitions.leave(answer.line?.text ?? '', answer.condition);
        if (!answer.holds || answer.line === undefined) return undefined;
        line = answer.line;
      }
      const definition = this.#definitions.take(line);
      if (definition !== undefined) {
        this.#open = definition === 'whole' ? undefined : definition;
        return undefined;
      }
      const sequence = sequenceOf(line, (numbers) => this.#fill({ ...line, text: numbers })?.text ?? numbers);
      if (sequence !== undefined) {
        if (sequence.rounds.length > 0) this.#sequences.push({ sequence, read: 0 });
        return undefined;
      }
      const filled = line.text.startsWith('~') ? undefined : this.#fill(line);
      if (filled === undefined) return line;
      // What was filled in may be a comment: that is what _HASH is for.
      line = bare(filled);
    }
    return line;
  }

  #fill(line: Line): Line | undefined {
    const filled = this.#definitions.fill(line);
    for (const texts of filled?.expansions ?? []) {
      this.#expansions.push({ line, texts, read: 0, sequences: this.#sequences.length });
    }
    return filled?.line;
  }

  #include(line: Line): boolean {
    const [, kind, pattern = ''] = INCLUDE.exec(line.text) ?? [];
    if (kind === undefined) return false;
    const included = this.#surroundings.include(pattern, line.file);
    const skipped = included.flatMap((source) => ('skipped' in source ? [`${source.file}: ${source.skipped}`] : []));
    const sources = included.filter((source) => 'text' in source);
    if (included.length === 0) skipped.push('no file');
    for (const why of skipped) {
      const sentence = `include${kind} ${pattern} finds ${why}`;
      if (isStrict(kind, pattern, included.length))
        throw faultAt(line, `${sentence}, and so keepalived does not start`);
      this.#notes.push(printable(`CHECK ${line.file}:${line.line} ${sentence}.`));
    }
    if (this.#files.length > MAX_DEPTH || this.#opened > MAX_FILES) {
      throw faultAt(line, `${this.#opened} files are included, or one includes itself: expected fewer`);
    }
    this.#enter(sources);
    return true;
  }
}

/** Which letter behind `include` makes an error of a file that is skipped, and of none (keepalived.conf.5). */
function isStrict(kind: string, pattern: string, found: number): boolean {
  if (kind === '' || found > 0) return kind !== '';
  if (/[*?[]/.test(pattern)) return kind === 'a' || kind === 'w';
  return pattern.includes('{') ? 'ab'.includes(kind) : 'amw'.includes(kind);
}
