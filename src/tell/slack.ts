/** One plain Slack message per news, through chat.postMessage. */

import {
  type KnownBlock,
  type Logger,
  LogLevel,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
} from '@slack/web-api';
import type { Secret } from '../model/config.ts';
import { messageOf } from '../model/error.ts';
import type { News } from '../model/tell.ts';
import { oneLine } from './plain.ts';
import { newsLevel, newsWord } from './signs.ts';
import { quoteAnswer, TellError, type Teller } from './teller.ts';
import { formatIso } from './times.ts';

export interface SlackTellerOptions {
  readonly token: Secret;
  readonly channel: string;
  /** Another place that speaks Slack's Web API: tests, a proxy. */
  readonly apiUrl?: string;
  /** For one request, in ms. A message costs at most two requests and the second between them. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5_000;

/** Where Slack limits the rate without saying for how long, in ms. */
const RATE_LIMITED_FOR_MS = 30_000;

/** Slack's limits, in characters: a section's text; a title is kept to what a header may hold. */
const SECTION_LIMIT = 3_000;
const TITLE_LIMIT = 150;

/** Shapes differ as well as colours: a circle, a diamond, a square. */
const EMOJI = { bad: '🔴', warn: '🔶', note: '🔹', good: '✅', unknown: '❔' } as const;

/** @throws TellError from `tell`: one sentence, with `retryAfterMs` where Slack limits the rate. */
export function createSlackTeller(options: SlackTellerOptions): Teller {
  const token = options.token.reveal();
  const client = new WebClient(token, {
    ...(options.apiUrl !== undefined && { slackApiUrl: options.apiUrl }),
    timeout: options.timeoutMs ?? TIMEOUT_MS,
    // The defaults retry for half an hour, and sit out a rate limit, while the job's lock is held. The queue retries.
    retryConfig: { retries: 1 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logger: SILENT,
  });
  return {
    name: 'slack',
    async tell(news) {
      try {
        await client.chat.postMessage({
          channel: options.channel,
          ...slackMessage(news),
          // Without these Slack would turn names in plain text into mentions and links.
          parse: 'none',
          link_names: false,
          unfurl_links: false,
          unfurl_media: false,
          metadata: { event_type: 'weir_news', event_payload: { id: news.id } },
        });
      } catch (error) {
        throw toTellError(error, options.channel, token);
      }
    },
    close() {},
  };
}

/** The text and the blocks of one message. Pure. */
export function slackMessage(news: News): { text: string; blocks: KnownBlock[] } {
  const emoji = EMOJI[newsLevel(news)];
  const title = escapeWithin(oneLine(news.title) || '(no title)', TITLE_LIMIT);
  const word = newsWord(news);
  const context = `${word} · pool ${news.pool} · told by ${news.from} · ${formatIso(news.at)}`;
  const blocks: KnownBlock[] = [section(`${emoji} *${title}*`)];
  const body = news.lines.map((line) => linkUrls(escapeWithin(oneLine(line), LINE_LIMIT)));
  if (body.length > 0) blocks.push(section(joinWithin(body, SECTION_LIMIT)));
  blocks.push({ type: 'context', elements: [mrkdwn(escapeWithin(oneLine(context), SECTION_LIMIT))] });
  return { text: `${emoji} ${word}: ${title} (pool ${escapeWithin(oneLine(news.pool), TITLE_LIMIT)})`, blocks };
}

/** One line of a message; with links written out it still fits a section. */
const LINE_LIMIT = 1_000;

interface Mrkdwn {
  readonly type: 'mrkdwn';
  readonly text: string;
  readonly verbatim: true;
}

/** `verbatim`: Slack reads our own marks only, and never makes a mention of an `@channel` in somebody's host name. */
function mrkdwn(text: string): Mrkdwn {
  return { type: 'mrkdwn', text, verbatim: true };
}

function section(text: string): KnownBlock {
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
function linkUrls(escaped: string): string {
  return escaped.replace(/\bhttps?:\/\/[^\s|<>…]+[^\s|<>….,;:)]/g, '<$&>');
}

/** As many whole lines as fit. */
function joinWithin(lines: readonly string[], limit: number): string {
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

function toTellError(error: unknown, channel: string, token: string): TellError {
  const limited = (retryAfterMs: number) => {
    const seconds = Math.ceil(retryAfterMs / 1_000);
    const message = `Slack limits the rate of messages to ${channel}: tried again in ${seconds} s.`;
    return new TellError('slack', message, { retryAfterMs });
  };
  const failed = (seen: string, next: string) =>
    new TellError('slack', `A message to Slack's ${channel} did not arrive: ${quoteAnswer(seen, [token])}. ${next}`);

  if (error instanceof WebAPIRateLimitedError) return limited(error.retryAfter * 1_000);
  if (error instanceof WebAPIPlatformError) {
    const answer = error.data.error;
    const code = typeof answer === 'string' ? answer : 'an answer that is not JSON';
    if (code === 'ratelimited' || code === 'rate_limited') return limited(RATE_LIMITED_FOR_MS);
    return failed(`Slack said ${code}`, ADVICE[code] ?? 'Look the word up in the list of chat.postMessage errors.');
  }
  if (error instanceof WebAPIHTTPError) {
    return failed(`HTTP ${error.statusCode} ${error.statusMessage}`, 'It will be tried again.');
  }
  // Also a 429 without a Retry-After that can be read, which the client throws as a plain Error.
  if (/retry-after header/i.test(messageOf(error))) return limited(RATE_LIMITED_FOR_MS);
  const cause = error instanceof WebAPIRequestError ? error.original : error;
  const deeper = cause instanceof Error && cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
  return failed(`${messageOf(cause)}${deeper}`, 'Check that this host reaches Slack; it will be tried again.');
}

const ADVICE: Readonly<Record<string, string>> = {
  channel_not_found: 'Check tell.slack.channel, and invite the app to the channel.',
  not_in_channel: 'Invite the app to the channel.',
  is_archived: 'The channel is archived: name another in tell.slack.channel.',
  invalid_auth: 'Check tell.slack.token.',
  not_authed: 'Check tell.slack.token.',
  account_inactive: 'The token belongs to a user or an app that is gone: make a new one for tell.slack.token.',
  token_revoked: 'Make a new token for tell.slack.token.',
  token_expired: 'Make a new token for tell.slack.token.',
  missing_scope: 'Give the app the scope chat:write, and install it again.',
};

/** The client would write to the console by itself; what it has to say comes back as an error. */
const SILENT: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
};
