/** Writes text as Slack takes it: escaped, cut to its limits, without a mention that nobody meant. */

import type { KnownBlock } from '@slack/web-api';

/** Limits in characters: of a section, of a title, of each of ten fields (Slack takes 2,000). */
export const SECTION_LIMIT = 3_000;
export const FIELD_LIMIT = 500;
export const TITLE_LIMIT = 150;

/** The limit for all blocks of a message together: Slack takes some 13,000 (msg_blocks_too_long). */
export const MESSAGE_LIMIT = 10_000;

/** The limit for one line. With its links written out it still fits a section. */
export const LINE_LIMIT = 1_000;

export interface Mrkdwn {
  readonly type: 'mrkdwn';
  readonly text: string;
  readonly verbatim: true;
}

/** `verbatim`: Slack reads our own marks only, and makes no mention of an `@channel` in a host name. */
export function mrkdwn(text: string): Mrkdwn {
  return { type: 'mrkdwn', text, verbatim: true };
}

export function section(text: string): KnownBlock {
  return { type: 'section', text: mrkdwn(text) };
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Escapes exactly what Slack asks for. Neither an entity nor a character is cut in two. */
export function escapeWithin(text: string, limit: number): string {
  let escaped = '';
  let withEllipsis = '';
  for (const character of text) {
    const next = escaped + (ENTITIES[character] ?? character);
    if (next.length > limit) return withEllipsis;
    escaped = next;
    if (escaped.length < limit) withEllipsis = `${escaped}…`;
  }
  return escaped;
}

/** Makes links of addresses in escaped text: Slack makes none in `verbatim` text. */
export function linkUrls(escaped: string): string {
  return escaped.replace(/\bhttps?:\/\/[^\s|<>…]+[^\s|<>….,;:)]/g, '<$&>');
}

/** Joins as many whole lines as fit. */
export function joinWithin(lines: readonly string[], limit: number): string {
  const more = '\n…';
  let text = '';
  for (const [index, line] of lines.entries()) {
    const next = index === 0 ? line : `${text}\n${line}`;
    const isLast = index === lines.length - 1;
    if (next.length > (isLast ? limit : limit - more.length)) return `${text}${more}`;
    text = next;
  }
  return text;
}
