/** The client of Slack's Web API, as a job may use it: bounded in time, silent, every failure one sentence. */

import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
} from '@slack/web-api';
import type { Secret } from '../../../model/configuration/secret.ts';
import { messageOf } from '../../../model/error.ts';
import { quoteReply, TellError } from '../tell-error.ts';
import { SILENT } from './silent.ts';

export interface SlackClientOptions {
  readonly token: Secret;
  /** Another server that speaks the Web API of Slack: a proxy, a test. */
  readonly apiUrl?: string;
  /** The limit for one request, in ms. A call costs at most two requests and one second between them. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5_000;

/** The wait where Slack limits the rate and does not say for how long, in ms. */
const RATE_LIMITED_FOR_MS = 30_000;

export interface SlackClient {
  /** @throws TellError: one sentence, with `retryAfterMs` where Slack limits the rate. `channel` stands in the sentence. */
  call<T>(channel: string, work: (web: WebClient) => Promise<T>): Promise<T>;
}

export function createSlackClient(options: SlackClientOptions): SlackClient {
  const token = options.token.reveal();
  const web = new WebClient(token, {
    ...(options.apiUrl !== undefined && { slackApiUrl: options.apiUrl }),
    timeout: options.timeoutMs ?? TIMEOUT_MS,
    // By default the client retries, and sits out a rate limit, while the lock of the job is held. The queue retries.
    // Here the queue retries.
    retryConfig: { retries: 1 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logger: SILENT,
  });
  return {
    async call(channel, work) {
      try {
        return await work(web);
      } catch (error) {
        throw toTellError(error, channel, token);
      }
    },
  };
}

/** Returns the word by which Slack refused, where it said one: `message_not_found`. */
export function slackWord(error: unknown): string | undefined {
  const cause = error instanceof TellError ? error.cause : error;
  if (!(cause instanceof WebAPIPlatformError)) return undefined;
  return typeof cause.data.error === 'string' ? cause.data.error : undefined;
}

function toTellError(error: unknown, channel: string, token: string): TellError {
  const limited = (retryAfterMs: number) => {
    const seconds = Math.ceil(retryAfterMs / 1_000);
    const message = `Slack limits the rate of messages to ${channel}: tried again in ${seconds} s.`;
    return new TellError('slack', message, { retryAfterMs });
  };
  const failed = (seen: string, next: string) => {
    const text = `A message to Slack's ${channel} did not arrive: ${quoteReply(seen, [token])}. ${next}`;
    return new TellError('slack', text, { cause: error });
  };

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
  // The client throws a 429 without a readable Retry-After as a plain Error.
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
  missing_scope: 'Give the app the scopes chat:write and files:write, and install it again.',
};
