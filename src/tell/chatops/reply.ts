/** What a person gets for a command or a click. Pure. */

import type { KnownBlock } from '@slack/web-api';
import { oneLine } from '../../lib/text/plain-text.ts';
import { escapeWithin, joinWithin, LINE_LIMIT, SECTION_LIMIT, section } from '../notify/slack/mrkdwn.ts';

/** As Slack takes it: the answer to a command, or to a response URL. */
export interface Reply {
  /** Ephemeral: only the person sees it. */
  readonly response_type: 'ephemeral' | 'in_channel';
  readonly text: string;
  readonly blocks?: readonly KnownBlock[];
  readonly replace_original?: false;
}

/** A look is answered to the person alone; a change is said to everybody in the channel. */
export function reply(lines: string | readonly string[], to: 'person' | 'channel' = 'person'): Reply {
  const all = (typeof lines === 'string' ? lines.split('\n') : lines).map((line) => clean(line));
  const text = joinWithin(all, SECTION_LIMIT) || 'Nothing.';
  return {
    response_type: to === 'person' ? 'ephemeral' : 'in_channel',
    text,
    blocks: [section(text)],
    // The message that was clicked on stays as it is.
    replace_original: false,
  };
}

/** Figures in columns, as a terminal has them. */
export function replyTable(text: string): Reply {
  const lines = text.split('\n').map(inTable);
  const body = `\`\`\`\n${joinWithin(lines, SECTION_LIMIT - 10)}\n\`\`\``;
  return { response_type: 'ephemeral', text: body, blocks: [section(body)], replace_original: false };
}

function clean(line: string): string {
  const indent = /^ */.exec(line)?.[0] ?? '';
  return `${indent}${escapeWithin(oneLine(line), LINE_LIMIT)}`;
}

/** Keeps the indent, and replaces backticks: three of them would end the table. */
function inTable(line: string): string {
  return clean(line).replaceAll('`', "'");
}
