/** `weir status`: what a person on call needs, on one screen of 80 columns. */

import { oneLine } from '../../lib/text/plain-text.ts';
import { formatCount, formatRatio } from '../../lib/text/units.ts';
import { formatClock, formatWhen } from '../../lib/times.ts';
import type { Decision, Finding } from '../../model/decisions/decision.ts';
import { formatDuration } from '../../model/duration.ts';
import { ownerText } from '../../model/owner.ts';
import type { PoolStatus, Status } from '../../model/people/status.ts';
import type { MemberSignals } from '../../model/readings/signals.ts';
import { createPaint, type Paint } from '../notify/paint.ts';
import { formatSignal, formatValues, UNKNOWN } from '../wording/figures.ts';
import { incidentText } from '../wording/holds-and-approvals.ts';
import { decisionLevel, decisionWord, SEVERITY_LEVEL, SIGN } from '../wording/levels.ts';
import {
  actionText,
  decisionSentence,
  observerTroubles,
  type Summary,
  settlingText,
  sortFindings,
  summarizeConsumer,
  summarizeDirector,
  summarizeMember,
  summarizePool,
  summarizeVrrp,
  unknownMembers,
} from '../wording/summary.ts';
import { cutLine, formatTable, widthOf, wrap } from './layout.ts';
import { holdLines, raisingLines, silenceLines, waitingLines } from './status-people.ts';

export interface StatusTextOptions {
  readonly color: boolean;
  /** Columns. */
  readonly width: number;
  /** Broker time in ms. */
  readonly now: number;
}

const MAX_DECISIONS = 5;
const MAX_SENTENCE_LINES = 2;
/** The widest form that fits is taken. */
const BAR_WIDTHS = [10, 6, 0];

/** Pure. Every line fits `width`; no newline at the end. */
export function formatStatus(status: Status, options: StatusTextOptions): string {
  const context: Context = { ...options, paint: createPaint(options.color) };
  const lines = [
    ...status.troubles.flatMap((trouble) => troubleLines(trouble, context)),
    ...(status.pools.length === 0 ? ['No pool is configured. Add one under `pools:` in weir.yaml.'] : []),
    ...status.pools.flatMap((pool, index) => [...(index > 0 ? [''] : []), ...poolLines(pool, context)]),
  ];
  return lines.map((line) => cutLine(line, options.width)).join('\n');
}

interface Context extends StatusTextOptions {
  readonly paint: Paint;
}

function poolLines(pool: PoolStatus, context: Context): string[] {
  const { paint, now, width } = context;
  const settling = settlingText(pool, now);
  const master = pool.facts.pool.master || 'nobody';
  const vrrp = summarizeVrrp(pool.facts.pool);
  const { serving_members: serving = '?', members = '?' } = pool.facts.pool;
  const unknown = unknownMembers(pool).length;
  const facts = [
    `${serving} of ${members} serving${unknown === 0 ? '' : ` (${unknown} not known)`}`,
    `MASTER ${oneLine(master)}`,
    ...(vrrp.level === 'bad' ? [`VRRP ${shown(vrrp, paint)}`] : []),
    `mode ${pool.mode}`,
    ...(settling === undefined ? [] : [settling]),
  ];
  const summary = summarizePool(pool, now);
  const sentence = wrap(`${SIGN[summary.level]} ${oneLine(summary.text)}`, width, 2);
  return [
    ...wrap(
      `${formatClock(now)} ${paint.bold(oneLine(pool.name))} ${oneLine(pool.vip)} · ${facts.join(' · ')}`,
      width,
      9,
    ),
    ...sentence.map((line) => paint[summary.level](line)),
    '',
    ...memberLines(pool, context),
    '',
    ...directorLines(pool, context),
    ...consumerLines(pool, context),
    ...findingLines(pool, context),
    ...holdLines(pool, context),
    ...silenceLines(pool, context),
    ...waitingLines(pool, context),
    ...leaseLines(pool, context),
    ...raisingLines(pool, context),
    ...decisionLines(pool, context),
    ...observerLines(pool, context),
  ];
}

function shown({ level, text }: Summary, paint: Paint): string {
  return paint[level](`${SIGN[level]} ${oneLine(text)}`);
}

function memberLines(pool: PoolStatus, { paint, width }: Context): string[] {
  const tables = BAR_WIDTHS.map((barWidth) => memberTable(pool, paint, barWidth));
  const [head = '', ...rest] =
    tables.find((lines) => lines.every((line) => widthOf(line) <= width)) ?? tables.at(-1) ?? [];
  return [paint.dim(head), ...rest];
}

function memberTable(pool: PoolStatus, paint: Paint, barWidth: number): string[] {
  const columns = [
    { head: 'MEMBER' },
    { head: 'STATE' },
    { head: 'WEIGHT', align: 'right' as const },
    { head: 'MEMORY' },
    { head: 'QUEUE', align: 'right' as const },
    { head: 'IN/s', align: 'right' as const },
    { head: 'OUT/s', align: 'right' as const },
    { head: 'FULL IN' },
  ];
  const rows = Object.entries(pool.facts.members).map(([name, member]) => {
    const show = (signal: keyof MemberSignals) => formatSignal(`member.${signal}`, member[signal]);
    const { memory_ratio: ratio, queue_depth: queue } = member;
    return [
      oneLine(name),
      shown(summarizeMember(member), paint),
      show('weight'),
      ratio === undefined ? UNKNOWN : bar(ratio, barWidth) + formatRatio(ratio).padStart(barWidth === 0 ? 4 : 6),
      queue === undefined ? UNKNOWN : formatCount(queue),
      show('inflow_rate').replace('/s', ''),
      show('consume_rate').replace('/s', ''),
      show('seconds_to_full'),
    ];
  });
  return formatTable(columns, rows);
}

function bar(ratio: number, width: number): string {
  const full = Math.max(0, Math.min(width, Math.round(ratio * width)));
  return '█'.repeat(full) + '░'.repeat(width - full);
}

function directorLines(pool: PoolStatus, { paint, width }: Context): string[] {
  const parts = Object.entries(pool.facts.directors).map(([name, director]) => {
    const { weighted_members: rows } = director;
    const table =
      rows === undefined
        ? ''
        : ` (${rows} of ${formatSignal('director.listed_members', director.listed_members)} weighted)`;
    return `${oneLine(name)} ${shown(summarizeDirector(director), paint)}${table}`;
  });
  return wrap(`Directors: ${parts.join(', ')}`, width, 2);
}

function consumerLines(pool: PoolStatus, { paint, width }: Context): string[] {
  const entries = Object.entries(pool.facts.consumers);
  if (entries.length === 0) return [];
  const parts = entries.map(([name, consumer]) => {
    const { events_out_rate: out } = consumer;
    const rate = out === undefined ? '' : `, ${formatSignal('consumer.events_out_rate', out)} out`;
    return `${oneLine(name)} ${shown(summarizeConsumer(consumer), paint)}${rate}`;
  });
  return wrap(`Consumers: ${parts.join(', ')}`, width, 2);
}

function findingLines(pool: PoolStatus, context: Context): string[] {
  const { firing, pending, unknown } = sortFindings(pool.findings);
  if (firing.length + pending.length + unknown.length === 0) return [];
  return [
    ...heading('Findings', context),
    ...firing.flatMap((finding) =>
      oneFinding(finding, finding.muted ? 'muted' : `FIRING ${finding.severity}`, context, incidentText(pool, finding)),
    ),
    ...pending.flatMap((finding) => oneFinding(finding, 'pending', context)),
    ...unknownLines(unknown, context),
  ];
}

function oneFinding(finding: Finding, word: string, { paint, now, width }: Context, incident?: string): string[] {
  const level = word.startsWith('FIRING') ? SEVERITY_LEVEL[finding.severity] : 'note';
  const id = incident === undefined ? '' : `${incident}, `;
  const about = `${id}${finding.rule} ${finding.target}, for ${formatDuration(now - finding.since)}`;
  const { outBy } = finding;
  const out = outBy === undefined ? [] : [`${outBy.by} has it out of service until ${formatWhen(outBy.until, now)}`];
  const values = [...out, ...formatValues(finding.values)].join(', ');
  return [
    ...wrap(
      `${paint[level](`${SIGN[level]} ${word}`)} ${oneLine(`${finding.title || finding.rule} (${about})`)}`,
      width,
      2,
    ),
    ...(values === '' ? [] : wrap(oneLine(values), width - 2, 0).map((line) => `  ${paint.dim(line)}`)),
  ];
}

function unknownLines(unknown: readonly Finding[], { paint, width }: Context): string[] {
  if (unknown.length === 0) return [];
  const names = unknown.map((finding) => `${finding.rule} ${finding.target}`).join(', ');
  return wrap(`${paint.unknown(`${SIGN.unknown} unknown`)} ${oneLine(names)}`, width, 2);
}

function leaseLines(pool: PoolStatus, context: Context): string[] {
  const live = pool.leases.filter((lease) => lease.endedAt === undefined);
  if (live.length === 0) return [];
  const lines = live.map((lease) => {
    const left = lease.until - context.now;
    const end = left > 0 ? `${formatDuration(left)} left` : 'past its time';
    return `  ${oneLine(lease.member)} at weight ${lease.weight} until ${formatWhen(lease.until, context.now)} (${end}), by ${oneLine(ownerText(lease.owner))}`;
  });
  return [...heading('Held by Weir', context), ...lines];
}

function decisionLines(pool: PoolStatus, context: Context): string[] {
  const decisions = pool.decisions.slice(0, MAX_DECISIONS);
  if (decisions.length === 0) return [];
  return [...heading('Last decisions', context), ...decisions.flatMap((decision) => oneDecision(decision, context))];
}

function oneDecision(decision: Decision, { paint, now, width }: Context): string[] {
  const level = decisionLevel(decision);
  const word = paint[level](`${SIGN[level]} ${decisionWord(decision).padEnd(10)}`);
  const head = `${formatWhen(decision.at, now)} ${word} ${oneLine(`${actionText(decision)} (${decision.rule})`)}`;
  const sentence = oneLine(decisionSentence(decision));
  if (widthOf(head) + 2 + widthOf(sentence) <= width) return [`${head}  ${sentence}`];
  const lines = wrap(sentence, width - SENTENCE_INDENT.length, 0);
  const kept = lines.slice(0, MAX_SENTENCE_LINES).map((line) => SENTENCE_INDENT + line);
  if (lines.length > MAX_SENTENCE_LINES) kept[MAX_SENTENCE_LINES - 1] += ' …';
  return [head, ...kept];
}

const SENTENCE_INDENT = ' '.repeat('00:00:00 '.length);

function observerLines(pool: PoolStatus, context: Context): string[] {
  const troubles = observerTroubles(pool, context.now);
  if (troubles.length === 0) return [];
  return [...heading('Troubles', context), ...troubles.flatMap((trouble) => troubleLines(trouble, context))];
}

function troubleLines(trouble: string, { paint, width }: Context): string[] {
  return wrap(`${SIGN.warn} ${oneLine(trouble)}`, width, 2).map(paint.warn);
}

function heading(text: string, { paint }: Context): string[] {
  return ['', paint.bold(text)];
}
