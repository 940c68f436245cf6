/** The digest in Slack: the headline, and for each pool what one reads on the way to work. Pure. */

import type { KnownBlock } from '@slack/web-api';
import { oneLine } from '../../lib/text/plain-text.ts';
import { formatDayMinute } from '../../lib/times.ts';
import { altText } from '../chart/chart.ts';
import {
  escapeWithin,
  joinWithin,
  MESSAGE_LIMIT,
  mrkdwn,
  SECTION_LIMIT,
  section,
  TITLE_LIMIT,
} from '../notify/slack/mrkdwn.ts';
import { type DigestData, headline, listsOf, type PoolDigest } from './digest.ts';

/** Lines of one list; the mail has all of them. */
const SHOWN = 5;

/** Pools that one message has room for. */
const POOLS = 40;

export function digestSlack({ from, to, timeZone, pools }: DigestData): { text: string; blocks: KnownBlock[] } {
  const when = (ms: number) => formatDayMinute(ms, timeZone);
  const text = `Digest: ${headline(pools)}`;
  // Pools share what one message takes.
  const limit = Math.min(SECTION_LIMIT, Math.floor(MESSAGE_LIMIT / Math.min(POOLS, pools.length)));
  const span = `${when(from)} to ${when(to)}, ${timeZone}`;
  return {
    text,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: escapeWithin(text, TITLE_LIMIT) } },
      ...pools.slice(0, POOLS).map((pool) => section(poolText(pool, when, limit))),
      { type: 'context', elements: [mrkdwn(escapeWithin(span, TITLE_LIMIT))] },
    ],
  };
}

function poolText(pool: PoolDigest, when: (ms: number) => string, limit: number): string {
  const lines = listsOf(pool, when).flatMap(({ heading, lines: all }) => [
    `*${heading} (${all.length})*`,
    ...all.slice(0, SHOWN).map((line) => `• ${escapeWithin(oneLine(line), TITLE_LIMIT)}`),
    ...(all.length > SHOWN ? [`… and ${all.length - SHOWN} more`] : []),
  ]);
  const head = `*Pool ${escapeWithin(oneLine(pool.name), TITLE_LIMIT)}*: ${headline([pool])}. ${escapeWithin(altText(pool.trend), Math.floor(limit / 4))}`;
  return joinWithin([head, ...lines], limit);
}
