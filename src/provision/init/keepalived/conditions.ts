/** `@id` and `@^id` in front of lines of keepalived.conf, and what became of those lines. Pure. */

import { type Line, listed, printable } from './lines.ts';

const CONDITION = /^@(\^?)([^ \t]*)(?:[ \t]+(.*))?$/s;

export interface Answer {
  /** `@left` */
  readonly condition: string;
  readonly holds: boolean;
  /** What stands behind the condition; absent: nothing. */
  readonly line?: Line;
}

export class Conditions {
  /** First words of the lines whose condition does not hold. */
  readonly leftOut = new Set<string>();
  readonly #configId: string;
  readonly #taken = new Set<string>();
  readonly #left = new Set<string>();

  constructor(configId: string) {
    this.#configId = configId;
  }

  /** undefined: the line has none. */
  answer(line: Line): Answer | undefined {
    const [, negated, name = '', text] = CONDITION.exec(line.text) ?? [];
    if (negated === undefined) return undefined;
    const condition = `@${negated}${name}`;
    const holds = (name === this.#configId) === (negated === '');
    (holds ? this.#taken : this.#left).add(condition);
    if (text === undefined) return { condition, holds };
    if (!holds) this.leftOut.add(/^[^ \t"]*/.exec(text)?.[0] ?? '');
    return { condition, holds, line: { ...line, column: line.column + line.text.length - text.length, text } };
  }

  notes(): string[] {
    const said = (verb: string, conditions: ReadonlySet<string>) =>
      conditions.size === 0 ? [] : [`those behind ${listed([...conditions])} were ${verb}`];
    const answers = [...said('left out', this.#left), ...said('taken', this.#taken)].join(', ');
    if (answers === '') return [];
    return [
      printable(
        `CHECK: lines of keepalived.conf have conditions: ${answers}, for the configuration id "${this.#configId}". It is the host's name unless keepalived is started with -i: then run \`weir init --config-id <id>\`.`,
      ),
    ];
  }
}
