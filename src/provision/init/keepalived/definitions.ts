/** `$NAME=value` of keepalived.conf, and `$NAME` where it is used. Source: keepalived 2.2.7, lib/parser.c. Pure. */

import { faultAt, type Line, listed, MAX_LINE_BYTES } from './lines.ts';

interface Definition {
  /** The value, or its lines. */
  readonly texts: readonly string[];
  /** It fills in several lines, and only where nothing stands behind its name. */
  readonly isMultiline: boolean;
}

/** A definition over several lines that is being read. */
export interface OpenDefinition {
  readonly name: string;
  readonly texts: string[];
}

export interface Filled {
  readonly line: Line;
  /** What else a definition of several lines gives, to be read behind this line, innermost last. */
  readonly expansions: readonly (readonly string[])[];
}

/** More steps within one line are a circle: none of them makes the line longer. */
const MAX_STEPS = 1_000;
const DEFINITION = /^\$([A-Za-z_]\w*)=[ \t]*(.*)$/s;
/** A line that looks like a definition and is none for keepalived, because of the blank before the =. */
const WITH_BLANK = /^\$([A-Za-z_]\w*)[ \t]+=/;
const BRACED = /\$\{([A-Za-z_]\w*)([ 0-9]*)\}/y;
const PLAIN = /\$([A-Za-z_]\w*)(?=[ \t,)]|$)/y;
/** Behind a name in braces: only _RANDOM takes numbers, and no blank behind the last one. */
const NUMBERS = /^ *\d[ 0-9]*$/;
/** Each process of keepalived draws it for itself, so nobody else can know it. */
const RANDOM = '_RANDOM';

export class Definitions {
  readonly #known = new Map<string, Definition>([
    ['_HASH', { texts: ['#'], isMultiline: false }],
    ['_BANG', { texts: ['!'], isMultiline: false }],
  ]);
  /** Definitions behind a condition that does not hold: their conditions by name. */
  readonly #left = new Map<string, string[]>();
  readonly #configId: string;

  constructor(configId: string) {
    this.#configId = configId;
    this.set('_INSTANCE', configId);
  }

  set(name: string, value: string): void {
    this.#known.set(name, { texts: [value], isMultiline: false });
  }

  /**
   * Takes the definition that the line is (check_definition()).
   * @returns it, where more lines follow; 'whole' where it is complete; undefined where the line is none.
   * @throws WeirError 'config' where a blank keeps it from being one.
   */
  take(line: Line): OpenDefinition | 'whole' | undefined {
    const [, almost] = WITH_BLANK.exec(line.text) ?? [];
    if (almost !== undefined && !this.#known.has(almost)) {
      throw faultAt(line, 'this is no definition for keepalived: it has a blank before its =, expected $NAME=value');
    }
    const [, name, value = ''] = DEFINITION.exec(line.text) ?? [];
    if (name === undefined) return undefined;
    if (!value.endsWith('\\')) {
      this.set(name, value);
      return 'whole';
    }
    const first = withoutEnd(value);
    return { name, texts: first === '' ? [] : [first] };
  }

  /** One more line of it, which empty ones are not. @returns whether more follow. */
  add({ name, texts }: OpenDefinition, text: string): boolean {
    const goesOn = text.endsWith('\\');
    const part = goesOn ? withoutEnd(text) : text;
    if (part !== '') texts.push(part);
    if (!goesOn) this.close({ name, texts });
    return goesOn;
  }

  close({ name, texts }: OpenDefinition): void {
    this.#known.set(name, { texts: texts.length === 0 ? [''] : texts, isMultiline: texts.length > 0 });
  }

  /** A line behind a condition that does not hold. */
  leave(text: string, condition: string): void {
    const [, name] = DEFINITION.exec(text) ?? [];
    if (name === undefined) return;
    this.#left.set(name, [...new Set([...(this.#left.get(name) ?? []), condition])]);
  }

  /**
   * The line with its parameters filled in (replace_param()); undefined where there is none that is known.
   * @throws WeirError 'config' where it gets too long, or a definition fills in itself.
   */
  fill(line: Line): Filled | undefined {
    const expansions: (readonly string[])[] = [];
    let { text } = line;
    let steps = 0;
    for (let at = text.indexOf('$'); at >= 0; ) {
      const reference = this.#referenceAt(text, at);
      if (reference === undefined) {
        at = text.indexOf('$', at + 1);
        continue;
      }
      const [value = '', ...more] = reference.texts;
      text = text.slice(0, at) + value + text.slice(reference.end);
      steps += 1;
      if (more.length > 0) expansions.push(more);
      if (steps > MAX_STEPS || expansions.length > MAX_STEPS || Buffer.byteLength(text) > MAX_LINE_BYTES) {
        throw faultAt(
          line,
          `$${reference.name} makes the line longer than the ${MAX_LINE_BYTES} bytes of keepalived, or fills in itself`,
        );
      }
      // The rest is filled in for each number of the sequence.
      if (/^[ \t]*~/.test(value)) break;
      at = text.indexOf('$', at);
    }
    return steps === 0 ? undefined : { line: { ...line, text }, expansions };
  }

  /** A parameter that is known and may be filled in where it stands. */
  #referenceAt(text: string, at: number): { name: string; end: number; texts: readonly string[] } | undefined {
    const [whole, name = '', numbers = ''] = matchAt(BRACED, text, at) ?? matchAt(PLAIN, text, at) ?? [];
    if (whole === undefined) return undefined;
    const end = at + whole.length;
    // Without its braces it parts no words and is no block; nothing fills it in.
    if (name === RANDOM) return whole.startsWith('${') ? { name, end, texts: [`$${RANDOM}`] } : undefined;
    const definition = this.#known.get(name);
    if (definition === undefined || NUMBERS.test(numbers)) return undefined;
    return definition.isMultiline && end < text.length ? undefined : { name, end, texts: definition.texts };
  }

  /**
   * A line in which nothing is left to fill in, with the reason where a name stays.
   * @param rest what stands behind the brace that ended it.
   * @throws WeirError 'config' where that is the brace of a name: keepalived takes it for a block's.
   */
  settle(line: Line, rest: Line | undefined): Line {
    const { text } = line;
    if (!text.includes('$')) return line;
    const [braced, cut] = text.endsWith('$') ? (/^\{([A-Za-z_]\w*)[ 0-9]*\}/.exec(rest?.text ?? '') ?? []) : [];
    if (cut !== undefined) {
      const at = { ...line, column: line.column + text.length - 1 };
      throw faultAt(at, `$${braced} ${this.#whyNot(cut)}`);
    }
    for (const [whole, name] of text.matchAll(/"[^"]*"|\$([A-Za-z_]\w*)/g)) {
      if (name !== undefined) return { ...line, unfilled: `${whole} ${this.#whyNot(name)}` };
    }
    return line;
  }

  #whyNot(name: string): string {
    if (name === RANDOM) return 'is another number each time that keepalived starts, so nobody can know it';
    if (this.#known.has(name)) return 'has several lines or numbers, so nothing may stand behind it in its line';
    const conditions = this.#left.get(name);
    if (conditions === undefined) {
      return 'is not defined in what keepalived reads: fill it in, if the file is a template';
    }
    return `is not defined: its definition is behind ${listed(conditions)}, and the configuration id is "${this.#configId}" (--config-id)`;
  }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Without the backslash and the blanks before it. */
function withoutEnd(text: string): string {
  return text.slice(0, -1).replace(/[ \t]+$/, '');
}
