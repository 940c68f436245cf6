/** Takes what others send: commands and clicks of Slack, alerts. Asked before the guards of the page. */

import type { Secret } from '../../model/configuration/secret.ts';
import { type Click, parseClick, parseSlashCommand, type SlashCommand } from '../chatops/payload.ts';
import type { Reply } from '../chatops/reply.ts';
import { BODY_LIMIT, LARGE_BODY_LIMIT, parseBody, Refused, readBody } from './body.ts';
import { bearerOf, slowDown } from './guards.ts';
import { type Handler, respond, respondJson, respondText, type WebRequest } from './handler.ts';
import { sourceOf } from './limits.ts';
import { checkSignature, type SignatureOptions } from './slack-signature.ts';

export interface SlackInboundOptions extends SignatureOptions {
  /** Returns the first answer, within 3 s. What takes longer goes to the command's response URL. */
  onCommand(command: SlashCommand): Promise<Reply | undefined>;
  onClick(click: Click): Promise<void>;
  /** One sentence without secrets. */
  onRefused(sentence: string, path: string, source: string): void;
  onError(error: unknown, doing: string): void;
}

const FORM = 'application/x-www-form-urlencoded';

export function slackInbound(options: SlackInboundOptions): Handler[] {
  const signed = async (request: WebRequest) => {
    const body = await readBody(request, FORM);
    await checkSignature(request.raw, body, options);
    return new URLSearchParams(body.toString());
  };
  return [
    inbound('/slack/commands', options.onRefused, async (request, response) => {
      const form = await signed(request);
      if (form.get('ssl_check') === '1') return respondText(response, 200, '');
      const command = parseSlashCommand(fieldsOf(form));
      if (command === undefined) throw new Refused(400, 'This is no slash command.');
      const reply = await options.onCommand(command);
      return reply === undefined ? empty(response) : respondJson(response, 200, reply);
    }),
    inbound('/slack/interactions', options.onRefused, async (request, response) => {
      const click = parseClick(payloadOf(await signed(request)));
      if (click === undefined) throw new Refused(400, 'This is no click on a message of Weir.');
      // The result goes to its response URL.
      options.onClick(click).catch((error: unknown) => options.onError(error, 'a click in Slack'));
      return empty(response);
    }),
  ];
}

function empty(response: Parameters<Handler>[1]): true {
  return respond(response, { type: 'text/plain; charset=utf-8', body: '' });
}

/** @throws Refused for a field that stands there twice: two readers may take different ones. */
function fieldsOf(form: URLSearchParams): Record<string, string> {
  const names = [...form.keys()];
  if (new Set(names).size < names.length) throw new Refused(400, 'A field stands there twice.');
  return Object.fromEntries(form);
}

function payloadOf(form: URLSearchParams): unknown {
  try {
    return JSON.parse(fieldsOf(form).payload ?? '');
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused(400, 'The payload is not JSON.');
  }
}

/** So many messages above the small limit may be in memory at once. */
const LARGE_AT_ONCE = 4;

export interface TokenInboundOptions {
  /** Left out: nobody may send anything. */
  readonly token?: Secret;
  /** The one before: taken as well. */
  readonly oldToken?: Secret;
  /** @throws Refused */
  onBody(json: unknown): Promise<string>;
  onRefused(sentence: string, path: string, source: string): void;
}

/** `Authorization: Bearer <http.token>`, from wherever it comes. */
export function tokenInbound(path: string, { token, oldToken, onBody, onRefused }: TokenInboundOptions): Handler {
  const tokens = [token, oldToken].flatMap((one) => (one === undefined ? [] : [one.reveal()]));
  const hasBearer = token === undefined ? undefined : bearerOf(tokens);
  let large = 0;

  async function take(request: WebRequest): Promise<string> {
    return onBody(parseBody(await readBody(request, 'application/json', LARGE_BODY_LIMIT)));
  }

  /** The Alertmanager sends the same message again after a 503. */
  async function takeLarge(request: WebRequest): Promise<string> {
    if (large >= LARGE_AT_ONCE) throw new Refused(503, `${large} large messages are being read: send this one again.`);
    large += 1;
    try {
      return await take(request);
    } finally {
      large -= 1;
    }
  }

  return inbound(path, onRefused, async (request, response) => {
    if (hasBearer === undefined) throw new Refused(403, 'Set http.token: without it nobody may send alerts.');
    if (!hasBearer(request)) {
      if (request.raw.headers.authorization !== undefined) await slowDown();
      throw new Refused(401, 'The token is needed: `Authorization: Bearer <http.token>`.');
    }
    const isSmall = Number(request.raw.headers['content-length']) <= BODY_LIMIT;
    return respondText(response, 200, await (isSmall ? take(request) : takeLarge(request)));
  });
}

/** Serves one path, by POST only. A refusal is one sentence to both sides, and closes the connection. */
function inbound(
  path: string,
  onRefused: (sentence: string, path: string, source: string) => void,
  take: (request: WebRequest, response: Parameters<Handler>[1]) => Promise<true>,
): Handler {
  return async (request, response) => {
    if (request.url.pathname !== path) return false;
    // A request that is given up has no connection any more.
    const source = sourceOf(request.raw.socket);
    const refuse = (status: number, sentence: string, headers = {}) => {
      onRefused(sentence, path, source);
      return respondText(response, status, sentence, { Connection: 'close', ...headers });
    };
    if (request.method !== 'POST') return refuse(405, 'POST is expected here.', { Allow: 'POST' });
    try {
      return await take(request, response);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return refuse(error.status, error.message);
    }
  };
}
