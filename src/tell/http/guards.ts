/** Guards: handlers that are asked before every page, and answer what must not go further. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLoopback } from '../../lib/ip-address.ts';
import { html } from '../wording/html.ts';
import { type Handler, respond, respondText, type WebRequest } from './handler.ts';
import { sourceOf } from './limits.ts';

/** Allows reading only. A body is refused before it arrives: no page takes one. */
export const readingOnly: Handler = ({ method, raw }, response) => {
  if (method !== 'GET' && method !== 'HEAD') {
    return respondText(response, 405, `${method} is not possible here: GET and HEAD are.`, { Allow: 'GET, HEAD' });
  }
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = raw.headers;
  if (length === '0' && encoding === undefined) return false;
  return respondText(response, 413, 'A request without a body is expected here.', { Connection: 'close' });
};

/** These paths tell nothing but whether Weir works, and probes seldom carry a token. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** What proxies add. */
const OF_A_PROXY = /^(?:forwarded|via|x-real-ip|x-forwarded-.*)$/;

/**
 * Without a token only loopback is served. A page on the internet can still point its own name at 127.0.0.1 and read
 * what its visitor's browser gets there (DNS rebinding); its name is then in the Host header. A proxy on this host comes
 * from loopback too, and brings anybody.
 */
export function loopbackNamesOnly(listenHost: string): Handler {
  return ({ raw }, response) => {
    if (Object.keys(raw.headers).some((name) => OF_A_PROXY.test(name))) {
      return respondText(response, 403, 'Without http.token this host alone is served, and no proxy: set http.token.');
    }
    const host = (raw.headers.host ?? '').replace(/:\d*$/, '').toLowerCase();
    if (isLoopback(host) || host === listenHost.toLowerCase()) return false;
    return respondText(response, 403, 'Without http.token this is served under localhost and 127.0.0.1 only.');
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** In constant time whatever the lengths: the digests have one length. */
function sameSecret(given: string, wanted: Buffer): boolean {
  return timingSafeEqual(digest(given), wanted);
}

/** As `sameSecret`: each is compared, whichever it is. */
function isOneOf(given: string, wanted: readonly Buffer[]): boolean {
  return wanted.filter((one) => sameSecret(given, one)).length > 0;
}

/** Whether a request has `Authorization: Bearer <token>`, with one of the tokens: while it is changed there are two. */
export function bearerOf(tokens: readonly string[]): (request: Pick<WebRequest, 'raw'>) => boolean {
  const wanted = tokens.map(digest);
  return ({ raw }) => isOneOf(givenBearer(raw) ?? '', wanted);
}

function givenBearer({ headers }: WebRequest['raw']): string | undefined {
  return /^Bearer ([^\s]+)$/i.exec(headers.authorization ?? '')?.[1];
}

/** How long the answer to a wrong token takes, in ms: guesses cost time, and all of them the same. */
const WRONG_TAKES_MS = 500;

/** Waits out what a wrong token costs. Where none was given nobody has guessed. */
export async function slowDown(): Promise<void> {
  await sleep(WRONG_TAKES_MS, undefined, { ref: false });
}

export interface TokenGuard {
  /** Whether the request comes with the token, or with the cookie. */
  isKnown(request: Pick<WebRequest, 'raw'>): boolean;
  readonly guard: Handler;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  /** The digest of its value. */
  readonly wanted: Buffer;
}

/**
 * A cookie holds a digest, so that what a browser stores is not the token itself; its name differs per token, because
 * cookies do not know ports and two Weirs may live on one host.
 */
function cookieFor(token: string): Cookie {
  const value = digest(`weir cookie ${token}`).toString('hex');
  return { name: `weir_${digest(value).toString('hex').slice(0, 8)}`, value, wanted: digest(value) };
}

/**
 * Everything but the probes needs `Authorization: Bearer <token>`, or the cookie that `/?token=<token>` is exchanged for.
 * @param tokens the one that holds, and the one before while it is changed
 * @param onWrong is told from where a wrong one came.
 */
export function tokenRequired(tokens: readonly string[], onWrong: (source: string) => void): TokenGuard {
  const known = tokens.map((token) => ({ wanted: digest(token), cookie: cookieFor(token) }));
  const hasBearer = bearerOf(tokens);
  const hasCookie = (raw: WebRequest['raw']) =>
    known.some(({ cookie }) => sameSecret(cookieOf(raw, cookie.name) ?? '', cookie.wanted));

  const guard: Handler = async ({ url, raw }, response) => {
    if (OPEN_PATHS.has(url.pathname) || hasBearer({ raw })) return false;
    const given = url.searchParams.get('token');
    const opened =
      given === null || url.pathname !== '/' ? undefined : known.find((one) => sameSecret(given, one.wanted));
    if (opened !== undefined) {
      const secure = raw.headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
      const cookie = `${opened.cookie.name}=${opened.cookie.value}; Path=/; HttpOnly; SameSite=Strict${secure}`;
      return onward(response, '/', { 'Set-Cookie': cookie });
    }
    if (hasCookie(raw)) return given === null ? false : onward(response, '/', {});
    // A browser that comes by a link from elsewhere keeps a Strict cookie back; from a page of ours it sends it.
    const followedLink = raw.headers['sec-fetch-site'] === 'cross-site' && raw.headers['sec-fetch-mode'] === 'navigate';
    if (followedLink && given === null) return onward(response, url.pathname, {});
    const hasWrongCookie = known.some(({ cookie }) => cookieOf(raw, cookie.name) !== undefined);
    if (given !== null || givenBearer(raw) !== undefined || hasWrongCookie) {
      onWrong(sourceOf(raw.socket));
      await slowDown();
    }
    const text = 'The token is needed: `Authorization: Bearer <http.token>`, or open /?token=<http.token>.';
    return respondText(response, 401, text, { 'WWW-Authenticate': 'Bearer' });
  };
  return { guard, isKnown: ({ raw }) => hasBearer({ raw }) || hasCookie(raw) };
}

function cookieOf({ headers }: WebRequest['raw'], name: string): string | undefined {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}

/**
 * A page that goes on to another of ours, and not a redirect: after a link from elsewhere (mail, Slack) a browser counts the
 * whole chain of redirects as foreign and would not send the Strict cookie that it has just been given. More than one slash
 * at the beginning would be another host's name.
 */
function onward(response: Parameters<Handler>[1], wanted: string, headers: Readonly<Record<string, string>>): true {
  const path = `/${wanted.replace(/^[/\\]+/, '')}`;
  const body = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Weir</title>
<meta http-equiv="refresh" content="0;url=${path}"></head><body><p><a href="${path}">Go on to Weir</a></p></body></html>`;
  return respond(response, { type: 'text/html; charset=utf-8', body: body.toString(), headers });
}
