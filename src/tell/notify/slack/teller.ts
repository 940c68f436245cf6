/** One plain Slack message per news, through chat.postMessage. */

import type { KnownBlock } from '@slack/web-api';
import { oneLine } from '../../../lib/plain-text.ts';
import { formatIso } from '../../../lib/times.ts';
import type { Message } from '../../../model/people/message.ts';
import { messageLevel, messageWord } from '../../wording/levels.ts';
import type { Teller } from '../teller.ts';
import { createSlackClient, type SlackClientOptions } from './client.ts';
import {
  escapeWithin,
  joinWithin,
  LINE_LIMIT,
  linkUrls,
  mrkdwn,
  SECTION_LIMIT,
  section,
  TITLE_LIMIT,
} from './mrkdwn.ts';

export interface SlackTellerOptions extends SlackClientOptions {
  readonly channel: string;
}

/** Without these Slack would turn names in plain text into mentions and links. */
export const AS_WRITTEN = { parse: 'none', link_names: false, unfurl_links: false, unfurl_media: false } as const;

/** Shapes differ as well as colours: a circle, a diamond, a square. */
export const EMOJI = { bad: '🔴', warn: '🔶', note: '🔹', good: '✅', unknown: '❔' } as const;

/** @throws TellError from `tell`: one sentence, with `retryAfterMs` where Slack limits the rate. */
export function createSlackTeller(options: SlackTellerOptions): Teller {
  const client = createSlackClient(options);
  return {
    name: 'slack',
    async tell(news) {
      await client.call(options.channel, (web) =>
        web.chat.postMessage({
          channel: options.channel,
          ...slackMessage(news),
          ...AS_WRITTEN,
          metadata: { event_type: 'weir_news', event_payload: { id: news.id } },
        }),
      );
    },
    close() {},
  };
}

/** The text and the blocks of one message. Pure. */
export function slackMessage(news: Message): { text: string; blocks: KnownBlock[] } {
  const emoji = EMOJI[messageLevel(news)];
  const title = escapeWithin(oneLine(news.title) || '(no title)', TITLE_LIMIT);
  const word = messageWord(news);
  const context = `${word} · pool ${news.pool} · told by ${news.from} · ${formatIso(news.at)}`;
  const blocks: KnownBlock[] = [section(`${emoji} *${title}*`)];
  const body = news.lines.map((line) => linkUrls(escapeWithin(oneLine(line), LINE_LIMIT)));
  if (body.length > 0) blocks.push(section(joinWithin(body, SECTION_LIMIT)));
  blocks.push({ type: 'context', elements: [mrkdwn(escapeWithin(oneLine(context), SECTION_LIMIT))] });
  return { text: `${emoji} ${word}: ${title} (pool ${escapeWithin(oneLine(news.pool), TITLE_LIMIT)})`, blocks };
}
