/** Text as Slack takes it: escaped, cut to its limits, no mention that nobody meant. */

import type { KnownBlock } from '@slack/web-api';

/** In characters: a section's text, a title that is kept to what a header may hold; a field may have 2,000, and ten of them. */
export const SECTION_LIMIT = 3_000;
export const FIELD_LIMIT = 500;
export const TITLE_LIMIT = 150;

/** All blocks of a message together: Slack takes some 13,000 (msg_blocks_too_long). */
export const MESSAGE_LIMIT = 10_000;

/** One line of a message; with links written out it still fits a section. */
export const LINE_LIMIT = 1_000;

export interface Mrkdwn {
  readonly type: 'mrkdwn';
  readonly text: string;
  readonly verbatim: true;
}

/** `verbatim`: Slack reads our own marks only, and never makes a mention of an `@channel` in somebody's host name. */
export function mrkdwn(text: string): Mrkdwn {
  return { type: 'mrkdwn', text, verbatim: true };
}

export function section(text: string): KnownBlock {
  return { type: 'section', text: mrkdwn(text) };
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Escapes exactly what Slack asks for, and cuts so that no entity and no character is cut in two. */
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

/** `verbatim` text has no automatic links: a runbook's address is made one here. The text is escaped already. */
export function linkUrls(escaped: string): string {
  return escaped.replace(/\bhttps?:\/\/[^\s|<>…]+[^\s|<>….,;:)]/g, '<$&>');
}

/** As many whole lines as fit. */
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
