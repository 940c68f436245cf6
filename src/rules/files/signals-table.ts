import type { Facts } from '../../model/people/status.ts';
import type { Catalogue, Signals, TargetKind } from '../../model/readings/signals.ts';

const HEAD: readonly string[] = ['signal', 'type', 'unit', 'source', 'meaning'];

const ABOUT: Readonly<Record<TargetKind, string>> = {
  pool: 'the whole pool, in every rule',
  member: 'one Redis as real server, with for_each: member; the others are `peers`',
  director: "one node's LVS and VRRP side, with for_each: director; the others are `peers`",
  consumer: 'one logstash, with for_each: consumer; the others are `peers`',
};

/**
 * Every signal that a rule can name, as a table for a terminal.
 * @param now the facts of a pool: adds a column with the present value for each target that has one, written by `format`.
 */
export function formatSignals(
  catalogue: Catalogue,
  now?: { readonly facts: Facts; format(name: string, value: Signals[string]): string },
): string {
  const kinds = Object.keys(ABOUT) as TargetKind[];
  const valuesOf = (kind: TargetKind, name: string): string[] => {
    if (now === undefined) return [];
    const targets: readonly (readonly [string, Signals])[] =
      kind === 'pool' ? [['', now.facts.pool]] : Object.entries(now.facts[`${kind}s`]);
    const values = targets.flatMap(([target, signals]) => {
      const value = signals[name];
      return value === undefined ? [] : [`${target} ${now.format(`${kind}.${name}`, value)}`.trim()];
    });
    return [cut(values.join(', ') || '?')];
  };
  const rowsOf = (kind: TargetKind) =>
    Object.entries(catalogue[kind]).map(([name, { type, unit, source, meaning }]) => [
      `${kind}.${name}`,
      type,
      unit,
      ...valuesOf(kind, name),
      source,
      meaning,
    ]);
  const head = now === undefined ? HEAD : [...HEAD.slice(0, 3), 'now', ...HEAD.slice(3)];
  const all = [head, ...kinds.flatMap(rowsOf)];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return kinds
    .map((kind) => [`${kind}: ${ABOUT[kind]}`, line(head), ...rowsOf(kind).map(line), ''].join('\n'))
    .join('\n');
}

/** Cuts a text signal that is a whole sentence. */
function cut(text: string): string {
  return text.length <= WIDEST ? text : `${text.slice(0, WIDEST - 1)}…`;
}

const WIDEST = 40;
