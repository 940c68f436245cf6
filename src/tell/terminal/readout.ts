/** `weir read`: signal by signal, with unknown ones said to be unknown, and the troubles as sentences. Pure. */

import { oneLine } from '../../lib/text/plain-text.ts';
import { formatDuration } from '../../model/duration.ts';
import type { Table } from '../../model/readings/reading.ts';
import type { PollReadout, Readout, ReadPart } from '../../model/readings/readout.ts';
import { SIGNALS, type SignalValue } from '../../model/readings/signals.ts';
import { formatSignal } from '../wording/figures.ts';
import { formatTable, wrap } from './layout.ts';

export interface ReadoutTextOptions {
  readonly width: number;
}

/** Longer lines are hard to read, however wide the terminal is. In columns. */
const WIDEST = 110;

/** A value that changed more often is shown by its first and its last. */
const CHANGES_SHOWN = 6;

const NAMES_SHOWN = 12;

const SIDES = { lvs: "the director's LVS table", vrrp: "the director's VRRP side" };

/** No newline at the end. */
export function formatReadout({ file, kind, parts, notes }: Readout, { width }: ReadoutTextOptions): string {
  const columns = Math.min(width, WIDEST);
  const body = parts.map((part) => formatPart(part, columns).join('\n'));
  const said = notes.map((note) => sentence(note, columns));
  return [`${oneLine(file)} (${kind})`, ...body, ...(said.length > 0 ? [said.join('\n')] : [])].join('\n\n');
}

function formatPart(part: ReadPart, width: number): string[] {
  switch (part.about) {
    case 'member':
      return formatPolls('member', `member ${part.name}`, part.polls, width);
    case 'director':
      return formatPolls('director', `pool ${part.name}, ${SIDES[part.side]}`, part.polls, width);
    case 'services':
      return formatServices(part.services);
    case 'clients': {
      const commands = Object.entries(part.commands).sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
      const shown = commands.map(([command, count]) => `${count} ${command || 'no command'}`);
      const whose = part.name === undefined ? 'clients' : `clients of member ${oneLine(part.name)}`;
      return [
        `${whose}: ${part.clients}, ${part.takers === undefined ? 'which of them take items is not known' : `${part.takers} of them take items`}`,
        ...listed('last command: ', shown, width),
      ];
    }
    case 'alerts':
      return formatAlerts(part, width);
  }
}

function formatPolls(
  kind: 'member' | 'director',
  name: string,
  polls: readonly PollReadout[],
  width: number,
): string[] {
  const last = polls.at(-1);
  const lasted = last === undefined ? '' : `, ${polls.length} polls in ${formatDuration(last.atMs)}`;
  const title = `${oneLine(name)}${polls.length > 1 ? lasted : ''}`;
  const seen = new Set(polls.flatMap(({ signals, unknown }) => [...Object.keys(signals), ...unknown]));
  const names = [...Object.keys(SIGNALS[kind]).filter((one) => seen.delete(one)), ...seen];
  const widest = Math.max(0, ...names.map((one) => one.length));
  const rows = names.flatMap((signal) => {
    const values = polls.map(({ signals }) => shown(kind, signal, signals[signal]));
    const [first = '', ...rest] = wrap(oneLine(overPolls(values)), width - widest - 4, 0);
    return [`  ${signal.padEnd(widest)}  ${first}`, ...rest.map((line) => ' '.repeat(widest + 4) + line)];
  });
  const table = last?.table === undefined ? [] : formatRows(last.table);
  return [title, ...rows, ...table, ...formatTroubles(polls, width)];
}

function shown(kind: string, name: string, value: SignalValue | undefined): string {
  return value === undefined ? 'unknown' : formatSignal(`${kind}.${name}`, value);
}

interface Run {
  readonly text: string;
  readonly from: number;
  to: number;
}

/** `yes`, or `poll 1 unknown, 2-5 no, 6 yes`. */
function overPolls(values: readonly string[]): string {
  const runs: Run[] = [];
  for (const [index, text] of values.entries()) {
    const last = runs.at(-1);
    if (last?.text === text) last.to = index + 1;
    else runs.push({ text, from: index + 1, to: index + 1 });
  }
  if (runs.length <= 1) return runs[0]?.text ?? '';
  const say = ({ text, from, to }: Run) => `${from === to ? from : `${from}-${to}`} ${text}`;
  if (runs.length <= CHANGES_SHOWN) return `poll ${runs.map(say).join(', ')}`;
  return `poll ${say(runs[0] as Run)} ... ${say(runs.at(-1) as Run)}`;
}

function formatRows(table: Table): string[] {
  const rows = Object.entries(table).map(([member, row]) => [
    oneLine(member),
    ...[row.weight, row.activeConnections, row.inactiveConnections].map(String),
  ]);
  if (rows.length === 0) return ['  no member is listed'];
  const right = (head: string) => ({ head, align: 'right' as const });
  const columns = [{ head: 'member' }, right('weight'), right('active'), right('inactive')];
  return formatTable(columns, rows).map((line) => `  ${line}`);
}

/** Each sentence once, with the polls that said it where not all did. */
function formatTroubles(polls: readonly PollReadout[], width: number): string[] {
  const sentences = [...new Set(polls.flatMap(({ troubles }) => troubles))];
  return sentences.map((trouble) => {
    const said = overPolls(polls.map(({ troubles }) => (troubles.includes(trouble) ? 'said' : '')));
    const isAlways = said === 'said';
    const where = isAlways
      ? ''
      : `Poll ${polls.flatMap(({ troubles }, index) => (troubles.includes(trouble) ? [index + 1] : [])).join(', ')}: `;
    return sentence(`${where}${trouble}`, width);
  });
}

function sentence(text: string, width: number): string {
  return wrap(`! ${oneLine(text)}`, width, 2).join('\n');
}

function formatServices(services: Extract<ReadPart, { about: 'services' }>['services']): string[] {
  if (services.length === 0) return ['the LVS table has no service'];
  return services.flatMap(({ service, persistent, destinations }) => [
    oneLine(`${service}${persistent ? ', persistent' : ''}`),
    ...destinations.map(({ address, port, forwarding, weight, active, inactive }) => {
      const where = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
      return `  ${where.padEnd(24)} ${forwarding.padEnd(7)} weight ${weight}, ${active} active, ${inactive} inactive`;
    }),
  ]);
}

function formatAlerts({ pools, troubles }: Extract<ReadPart, { about: 'alerts' }>, width: number): string[] {
  const told = Object.entries(pools).flatMap(([pool, { firing, resolved }]) => [
    `pool ${pool}: ${firing.length} firing, ${resolved.length} resolved`,
    ...listed('firing: ', firing, width),
    ...listed('resolved: ', resolved, width),
  ]);
  const nobody = told.length === 0 ? ['no pool is told of anything'] : [];
  return [...told, ...nobody, ...troubles.map((trouble) => sentence(trouble, width))];
}

/** Counts names that stand there more than once. */
function listed(head: string, names: readonly string[], width: number): string[] {
  if (names.length === 0) return [];
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const all = [...counts].map(([name, count]) => (count === 1 ? name : `${count} ${name}`));
  const rest = all.length > NAMES_SHOWN ? ` and ${all.length - NAMES_SHOWN} more` : '';
  const line = oneLine(`${head}${all.slice(0, NAMES_SHOWN).join(', ')}${rest}`);
  return wrap(line, width - 2, 2).map((one) => `  ${one}`);
}
