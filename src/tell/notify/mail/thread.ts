/** Writes the mails of a thread: each says how it stands now, what is new, and the story so far. Pure. */

import { oneLine, trimTo } from '../../../lib/text/plain-text.ts';
import { formatIso, formatWhen } from '../../../lib/times.ts';
import { formatDuration } from '../../../model/duration.ts';
import type { ThreadItem, ThreadView } from '../../../model/people/thread.ts';
import { formatValues } from '../../wording/figures.ts';
import { type Html, html } from '../../wording/html.ts';
import { messageLevel, SIGN } from '../../wording/levels.ts';
import {
  deliveryOf,
  incidentLine,
  noticeFrom,
  sortIncidents,
  stateLevel,
  stateWord,
} from '../../wording/thread-words.ts';
import { type Mail, messageIdOf } from './mailer.ts';

export interface ThreadMailOptions {
  readonly from: string;
  /** Items up to this one were told by earlier mails; 0: this is the first mail. */
  readonly since: number;
  /** The subject of the first mail: mail programs hold a thread together by it. */
  readonly subject?: string;
  /** Message ids of the mail before, and of the first one. */
  readonly before?: { readonly last: string; readonly first: string };
  /** Broker time in ms. */
  readonly now: number;
}

/** So many incidents, and so many older items, are named in a mail. */
const NAMED = 50;

export function threadMail(view: ThreadView, options: ThreadMailOptions): Mail {
  const { thread } = view;
  const { from, since, before, now } = options;
  const word = stateWord(thread);
  const sign = SIGN[stateLevel(thread)];
  const title = oneLine(thread.title);
  const head = `${sign} ${word}: ${title}`;
  const facts = factsOf(view, now);
  const incidents = incidentLines(view, now);
  const fresh = thread.items.filter(({ seq }) => seq > since);
  const old = thread.items.filter(({ seq }) => seq <= since).slice(-NAMED);
  const first = subjectOf(view, `${word}: ${title}`);
  const isNotice = thread.kind === 'notice';
  return {
    // A line break would end the header and begin another.
    subject: before === undefined ? first : `Re: ${options.subject ?? first}`,
    // The id of a notice has its time in it, where it has one, so two workers that say the same send the same mail.
    messageId: messageIdOf(`${isNotice ? thread.id : deliveryOf(thread)}.${thread.lastSeq}`, from),
    ...(before !== undefined && { inReplyTo: before.last, references: [...new Set([before.first, before.last])] }),
    date: new Date(now),
    priority: (thread.state === 'firing' || isNotice) && thread.severity === 'page' ? 'high' : 'normal',
    text: textOf({ head, facts, incidents, fresh, old }, now),
    html: htmlOf({ head, facts, incidents, fresh, old }, now).toString(),
  };
}

/** The subject of the first mail, which later ones answer. */
export function subjectOf({ thread }: ThreadView, title: string): string {
  return trimTo(`[weir ${oneLine(thread.pool)}] ${title}`, 200);
}

type Fact = readonly [name: string, value: string];

function factsOf({ thread, incidents, mutes }: ThreadView, now: number): Fact[] {
  const [first] = sortIncidents(incidents);
  const facts: Fact[] = [['Pool', thread.pool]];
  const by = noticeFrom(thread);
  if (by !== undefined) facts.push(['Told by', by]);
  if (thread.kind === 'incident') {
    const lasted = formatDuration((thread.closedAt ?? now) - thread.openedAt);
    facts.push([
      'Since',
      `${formatWhen(thread.openedAt, now)}, ${thread.closedAt === undefined ? 'for' : 'lasted'} ${lasted}`,
    ]);
  }
  if (thread.acked !== undefined)
    facts.push(['Acknowledged', `by ${thread.acked.by} at ${formatWhen(thread.acked.at, now)}`]);
  if (thread.waiting !== undefined) {
    const { what, decision, until } = thread.waiting;
    facts.push(['Waits for approval', `${what}, until ${formatWhen(until, now)}: weir approve ${decision}`]);
  }
  if (first !== undefined) {
    if (incidents.length === 1 && thread.closedAt === undefined)
      for (const value of formatValues(first.values)) facts.push(['Seen', value]);
    facts.push(['Rule', `${first.rule} (${first.place})`]);
    if (first.owner !== undefined) facts.push(['Owner', first.owner]);
    if (first.runbook !== undefined) facts.push(['Runbook', first.runbook]);
  }
  if (mutes.length > 0) {
    facts.push(['Explains, so not told', mutes.map(({ rule, target }) => `${rule} on ${target}`).join(', ')]);
  }
  if (thread.kind === 'incident' && thread.closedAt === undefined && thread.acked === undefined)
    facts.push(['Take it on', `weir ack ${thread.id}`]);
  if (thread.stopped !== undefined) facts.push(['Let rules act again', `weir trust ${thread.pool}`]);
  // A notice is told whole in its mail, and the broker does not know what a node tells by itself.
  if (thread.kind !== 'notice') facts.push(['More', `weir why ${thread.id}`]);
  return facts.map(([name, value]) => [name, oneLine(value)]);
}

function incidentLines({ incidents }: ThreadView, now: number): string[] {
  if (incidents.length < 2) return [];
  const sorted = sortIncidents(incidents);
  const lines = sorted.slice(0, NAMED).map((incident) => oneLine(incidentLine(incident, now)));
  return sorted.length > NAMED ? [...lines, `… and ${sorted.length - NAMED} more`] : lines;
}

interface Parts {
  readonly head: string;
  readonly facts: readonly Fact[];
  readonly incidents: readonly string[];
  readonly fresh: readonly ThreadItem[];
  readonly old: readonly ThreadItem[];
}

function itemHead(item: ThreadItem, now: number): string {
  return `${formatWhen(item.at, now)} ${SIGN[messageLevel(item)]} ${oneLine(item.title)}`;
}

function textOf({ head, facts, incidents, fresh, old }: Parts, now: number): string {
  const blocks: string[][] = [[head]];
  if (incidents.length > 0) blocks.push(incidents.map((line) => `- ${line}`));
  if (fresh.length > 0) {
    blocks.push(fresh.flatMap((item) => [itemHead(item, now), ...item.lines.map((line) => `    ${oneLine(line)}`)]));
  }
  blocks.push(facts.map(([name, value]) => `${name}: ${value}`));
  if (old.length > 0) blocks.push(['Before:', ...old.map((item) => itemHead(item, now))]);
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n\n${formatIso(now)}\n`;
}

function htmlOf({ head, facts, incidents, fresh, old }: Parts, now: number): Html {
  const row = ([name, value]: Fact) =>
    html`<tr><td style="padding: 2px 12px 2px 0; color: #555; vertical-align: top">${name}</td><td style="padding: 2px 0">${value}</td></tr>`;
  const item = (one: ThreadItem) =>
    html`<p style="margin: 0 0 12px"><strong>${itemHead(one, now)}</strong>${one.lines.map(
      (line) => html`<br>${oneLine(line)}`,
    )}</p>`;
  return html`<!doctype html><html><body style="font: 15px/1.5 sans-serif; color: #1a1a1a">
<p style="font-size: 18px; margin: 0 0 16px"><strong>${head}</strong></p>
${incidents.length > 0 && html`<ul style="padding-left: 20px">${incidents.map((line) => html`<li>${line}</li>`)}</ul>`}
${fresh.map(item)}
<table style="border-collapse: collapse; font-size: 14px">${facts.map(row)}</table>
${old.length > 0 && html`<p style="margin: 16px 0 4px; color: #555">Before:</p><p style="margin: 0; color: #555; font-size: 14px">${old.map((item) => html`${itemHead(item, now)}<br>`)}</p>`}
<p style="color: #666; font-size: 13px">${formatIso(now)}</p>
</body></html>`;
}
