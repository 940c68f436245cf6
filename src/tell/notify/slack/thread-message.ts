/** Writes the message of a thread as it stands now, and the replies below it, as blocks within Slack's limits. Pure. */

import type { ActionsBlock, Button, KnownBlock, MessageAttachment } from '@slack/web-api';
import { oneLine } from '../../../lib/text/plain-text.ts';
import { formatIso, formatWhen } from '../../../lib/times.ts';
import { formatDuration } from '../../../model/duration.ts';
import type { Incident } from '../../../model/people/incident.ts';
import type { Stop, Thread, ThreadItem, ThreadView } from '../../../model/people/thread.ts';
import { formatValues } from '../../wording/figures.ts';
import { messageLevel } from '../../wording/levels.ts';
import {
  incidentLine,
  lastWords,
  noticeFrom,
  sortIncidents,
  stateLevel,
  stateWord,
} from '../../wording/thread-words.ts';
import {
  escapeWithin,
  FIELD_LIMIT,
  joinWithin,
  LINE_LIMIT,
  linkUrls,
  MESSAGE_LIMIT,
  mrkdwn,
  SECTION_LIMIT,
  section,
  TITLE_LIMIT,
} from './mrkdwn.ts';

export interface SlackThread {
  /** Shown by notifications, and read by screen readers. */
  readonly text: string;
  readonly attachments: MessageAttachment[];
}

/** Shapes differ as well as colours: a circle, a diamond, a square. */
const EMOJI = { bad: '🔴', warn: '🔶', note: '🔹', good: '✅', unknown: '❔' } as const;

/** The colours of Grafana OnCall: red fires, amber is acknowledged, green is over, grey is silent. */
const COLORS = { page: '#a30200', warn: '#e07c00', info: '#3f7fb5' } as const;
const STATE_COLORS = { acked: '#daa038', resolved: '#2eb886', silenced: '#dddddd', muted: '#dddddd' } as const;

/** So many incidents are named in a message. */
const NAMED = 20;

/** The text of an option's value may have 150 characters; `2h` and a space are some of them. */
const SELECT_ID_LIMIT = 140;

/** The message at the root of a thread. `now` is broker time in ms. */
export function slackThread(view: ThreadView, now: number): SlackThread {
  const { thread } = view;
  const emoji = EMOJI[stateLevel(thread)];
  const title = escapeWithin(oneLine(thread.title) || '(no title)', TITLE_LIMIT);
  const word = stateWord(thread);
  const blocks: KnownBlock[] = [section(`${emoji} *${word}*  ${title}`)];
  const fields = fieldsOf(view, now);
  if (fields.length > 0) blocks.push({ type: 'section', fields: fields.map((text) => mrkdwn(text)) });
  if (view.incidents.length > 1) blocks.push(section(listOf(view.incidents, now)));
  const last = lastWords(thread).map((line) => linkUrls(escapeWithin(oneLine(line), LINE_LIMIT)));
  if (last.length > 0) blocks.push(section(joinWithin(last, SECTION_LIMIT)));
  blocks.push({ type: 'context', elements: [mrkdwn(contextOf(view))] });
  const actions = actionsOf(thread);
  if (actions !== undefined) blocks.push(actions);
  const text = `${emoji} ${word}: ${title} (pool ${escapeWithin(oneLine(thread.pool), TITLE_LIMIT)})`;
  return { text, attachments: [{ color: colorOf(thread), fallback: text, blocks }] };
}

function colorOf({ state, severity }: Thread): string {
  return state === 'firing' || state === 'said' ? COLORS[severity] : STATE_COLORS[state];
}

function field(name: string, value: string): string {
  return `*${escapeWithin(oneLine(name), TITLE_LIMIT)}*\n${escapeWithin(oneLine(value) || '–', FIELD_LIMIT - TITLE_LIMIT - 3)}`;
}

/** At most ten: Slack takes no more. */
function fieldsOf({ thread, incidents }: ThreadView, now: number): string[] {
  const [first] = sortIncidents(incidents);
  const until = thread.closedAt ?? now;
  const fields: string[] = [];
  if (thread.kind === 'incident') {
    fields.push(field(thread.closedAt === undefined ? 'Since' : 'Lasted', sinceText(thread, until)));
  }
  if (thread.acked !== undefined) fields.push(`*Acknowledged by*\n${personText(thread.acked.by)}`);
  if (thread.waiting !== undefined) {
    const { what, until: by, needed } = thread.waiting;
    const whose = needed === 1 ? 'one person' : `${needed} people`;
    fields.push(field('Waits for approval', `${what}; by ${whose}, until ${formatWhen(by, now)}`));
  }
  // The values of a closed incident are from before its end.
  if (first !== undefined && incidents.length === 1 && thread.closedAt === undefined) {
    for (const value of formatValues(first.values)) {
      const space = value.indexOf(' ');
      fields.push(field(value.slice(0, space), value.slice(space + 1)));
    }
  }
  return fields.slice(0, 10);
}

function sinceText({ openedAt, closedAt }: Thread, until: number): string {
  const lasted = formatDuration(until - openedAt);
  return closedAt === undefined ? `${formatWhen(openedAt, until)}, for ${lasted}` : lasted;
}

/** Slack shows a user id as the name of the person; an update pings nobody. Other people are written as text. */
function personText(by: string): string {
  return /^[UW][A-Z0-9]{2,20}$/.test(by) ? `<@${by}>` : escapeWithin(oneLine(by), TITLE_LIMIT);
}

function listOf(incidents: readonly Incident[], now: number): string {
  const sorted = sortIncidents(incidents);
  const lines = sorted
    .slice(0, NAMED)
    .map((incident) => `• ${escapeWithin(oneLine(incidentLine(incident, now)), TITLE_LIMIT)}`);
  const more = sorted.length - NAMED;
  if (more > 0)
    lines.push(`… and ${more} more: \`/weir status ${escapeWithin(incidents[0]?.pool ?? '', TITLE_LIMIT)}\``);
  return joinWithin(lines, SECTION_LIMIT);
}

function contextOf({ thread, incidents, mutes }: ThreadView): string {
  const [first] = incidents;
  const parts = [`pool ${thread.pool}`];
  if (first !== undefined && thread.kind === 'incident') {
    if (new Set(incidents.map(({ rule }) => rule)).size === 1)
      parts.push(`rule ${first.rule} (${shortPlace(first.place)})`);
    if (first.owner !== undefined) parts.push(`owner ${first.owner}`);
    if (first.runbook !== undefined) parts.push(`runbook ${first.runbook}`);
  }
  const by = noticeFrom(thread);
  if (by !== undefined) parts.push(`told by ${by}`);
  parts.push(formatIso(thread.openedAt), thread.id);
  if (mutes.length > 0) {
    const muted = mutes.slice(0, 5).map(({ rule, target }) => `${rule} on ${target}`);
    parts.push(`explains, so not told: ${muted.join(', ')}${mutes.length > 5 ? ` and ${mutes.length - 5} more` : ''}`);
  }
  return linkUrls(escapeWithin(parts.map(oneLine).join(' · '), LINE_LIMIT));
}

/** Leaves out the folder, which means something to the worker only. */
function shortPlace(place: string): string {
  return place.slice(place.lastIndexOf('/') + 1);
}

function button(action: string, text: string, value: string, more: Partial<Button> = {}): Button {
  return { type: 'button', action_id: action, text: { type: 'plain_text', text }, value, ...more };
}

const SILENCES = [
  ['30m', '30 minutes'],
  ['2h', '2 hours'],
  ['8h', '8 hours'],
  ['1d', 'a day'],
] as const;

/** The buttons and choices for what can be done about it now. */
function actionsOf({ id, pool, kind, state, waiting, stopped }: Thread): ActionsBlock | undefined {
  const elements: ActionsBlock['elements'] = [];
  if (waiting !== undefined) {
    const what = escapeWithin(oneLine(waiting.what), 200);
    const confirm = {
      title: { type: 'plain_text' as const, text: 'Approve?' },
      text: { type: 'plain_text' as const, text: `Weir will ${what} if every rail still passes it.` },
      confirm: { type: 'plain_text' as const, text: 'Approve' },
      deny: { type: 'plain_text' as const, text: 'Not now' },
    };
    elements.push(button('approve', 'Approve', waiting.decision, { style: 'danger', confirm }));
    elements.push(button('deny', 'Deny', waiting.decision));
  }
  if (kind === 'incident' && state !== 'resolved') {
    if (state === 'firing') elements.push(button('ack', 'Acknowledge', id, { style: 'primary' }));
    if (state !== 'silenced' && id.length <= SELECT_ID_LIMIT) {
      elements.push({
        type: 'static_select',
        action_id: 'silence',
        placeholder: { type: 'plain_text', text: 'Silence for …' },
        options: SILENCES.map(([time, text]) => ({ text: { type: 'plain_text', text }, value: `${id} ${time}` })),
      });
    }
  }
  if (stopped !== undefined && state !== 'resolved') {
    elements.push(button('trust', 'Let rules act again', pool, { confirm: trustConfirm(pool, stopped) }));
  }
  if (kind !== 'notice') elements.push(button('why', 'Why', id));
  return elements.length === 0 ? undefined : { type: 'actions', elements };
}

function trustConfirm(pool: string, stopped: Stop): NonNullable<Button['confirm']> {
  const text = (words: string) => ({ type: 'plain_text' as const, text: words });
  return {
    title: text('Let rules act again?'),
    text: text(`You have looked: the ${stopped} is over in all of pool ${pool}. Budgets are not given back.`),
    confirm: text('Let them act'),
    deny: text('Not now'),
  };
}

/** The most blocks of one reply: Slack takes 50. */
const REPLY_ITEMS = 24;

/** A reply that says what is new. What does not fit is counted. */
export function slackReply(items: readonly ThreadItem[], now: number): { text: string; blocks: KnownBlock[] } {
  const texts: string[] = [];
  let left = MESSAGE_LIMIT;
  // The newest come first: people came for them.
  for (const item of items.slice(-REPLY_ITEMS).reverse()) {
    const text = itemText(item, now);
    left -= text.length;
    if (left < 0) break;
    texts.unshift(text);
  }
  const before = items.length - texts.length;
  const blocks = texts.map((text): KnownBlock => section(text));
  if (before > 0) blocks.unshift(section(`… ${before} more before these: \`/weir why\``));
  const [last] = items.slice(-1);
  const title = escapeWithin(oneLine(last?.title ?? 'Nothing new'), TITLE_LIMIT);
  return { text: items.length > 1 ? `${title} (and ${items.length - 1} more)` : title, blocks };
}

function itemText(item: ThreadItem, now: number): string {
  const emoji = EMOJI[messageLevel(item)];
  const title = escapeWithin(oneLine(item.title), TITLE_LIMIT);
  // Shows the name of the person instead of their Slack id.
  const named = item.kind === 'word' ? title.replace(/\bby ([UW][A-Z0-9]{5,20})(?=:|$)/, 'by <@$1>') : title;
  const head = `${emoji} *${named}*  ${formatWhen(item.at, now)}`;
  const lines = item.lines.map((line) => linkUrls(escapeWithin(oneLine(line), LINE_LIMIT)));
  return joinWithin([head, ...lines], SECTION_LIMIT);
}
