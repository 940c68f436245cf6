import type { TargetKind } from '../model/reading.ts';
import { SIGNALS } from '../model/signals.ts';

const HEAD: readonly string[] = ['signal', 'type', 'unit', 'source', 'meaning'];

const ABOUT: Readonly<Record<TargetKind, string>> = {
  pool: 'the whole pool, in every rule',
  member: 'one Redis as real server, with for_each: member; the others are `peers`',
  director: "one node's LVS and VRRP side, with for_each: director; the others are `peers`",
  consumer: 'one logstash, with for_each: consumer; the others are `peers`',
};

/** Every signal that a rule can name, as a table for a terminal. */
export function formatSignals(): string {
  const kinds = Object.keys(ABOUT) as TargetKind[];
  const rowsOf = (kind: TargetKind) =>
    Object.entries(SIGNALS[kind]).map(([name, spec]) => [
      `${kind}.${name}`,
      spec.type,
      spec.unit,
      spec.source,
      spec.meaning,
    ]);
  const all = [HEAD, ...kinds.flatMap(rowsOf)];
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return kinds
    .map((kind) => [`${kind}: ${ABOUT[kind]}`, line(HEAD), ...rowsOf(kind).map(line), ''].join('\n'))
    .join('\n');
}
