/** HTTP without a framework: a request walks down a list of handlers until one answers. */

import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopback } from '../../lib/ip-address.ts';
import type { Secret } from '../../model/configuration/secret.ts';
import { messageOf, WeirError } from '../../model/error.ts';
import { loopbackNamesOnly, readingOnly, tokenRequired } from './guards.ts';
import { type Handler, respondText, type WebRequest } from './handler.ts';
import { isGone, LIMITS, type Limits, limitConnections, limitRequests } from './limits.ts';

export interface HttpServerOptions {
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Absent: the server may listen on a loopback address only. */
  readonly token?: Secret;
  /** The one before: taken as well. */
  readonly oldToken?: Secret;
  /** Asked first: they have guards of their own. */
  readonly inbound?: readonly Handler[];
  /** Asked in their order, after the guards. */
  readonly handlers: readonly Handler[];
  /** Limits for each address; left out: LIMITS. */
  readonly limits?: Partial<Limits>;
  /** Somebody was cut off, or came with a wrong token: a sentence, and from where. May be called thousands of times a second. */
  readonly onRefused?: (sentence: string, path: string, source: string) => void;
  /** A handler threw; the client was told 500 and nothing else. */
  readonly onError?: (error: unknown, path: string) => void;
}

export interface HttpServer {
  /** Listens, and gives the base URL. @throws WeirError when the address cannot be had. */
  start(): Promise<string>;
  /** Ends open connections too. */
  stop(): Promise<void>;
}

/** @throws WeirError when it would listen beyond loopback without a token. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { handlers, inbound = [], onError } = options;
  const { isKnown, chain } = chainOf(options, [...inbound, readingOnly], handlers);
  const server = createServer(SMALL, (raw, response) => {
    if (isGone({ raw })) return;
    secure(response);
    const url = parseUrl(raw.url);
    if (url === undefined) {
      respondText(response, 400, 'The address cannot be read.');
      return;
    }
    walk(chain, { raw, method: raw.method ?? '', url, isKnown: () => isKnown({ raw }) }, response).catch(
      (error: unknown) => {
        onError?.(error, url.pathname);
        if (response.headersSent) response.destroy();
        else respondText(response, 500, 'Weir could not answer this; its log says why.');
      },
    );
  });
  server.maxConnections = 512;
  server.maxRequestsPerSocket = 100;
  // Who neither reads nor writes is gone.
  server.setTimeout(30_000);
  limitConnections(server, limitsOf(options), cutOff(options));
  return lifeOf(server, options);
}

/** Small limits: nobody has much to say to this server. Without the interval they are looked at every 30 s only. */
const SMALL = {
  maxHeaderSize: 8_192,
  requestTimeout: 10_000,
  headersTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};

function limitsOf({ limits }: HttpServerOptions): Limits {
  return { ...LIMITS, ...limits };
}

function cutOff({ onRefused }: HttpServerOptions): (source: string) => void {
  return (source) => onRefused?.('asks for more than one address may, and is cut off', '(connection)', source);
}

function chainOf(options: HttpServerOptions, before: readonly Handler[], handlers: readonly Handler[]) {
  const { listen, token, oldToken, onRefused } = options;
  const secret = token?.reveal();
  if (!secret && !isLoopback(listen.host)) {
    const text = `http.listen is ${listen.host}, which others reach, and http.token is not set: set it, or listen on 127.0.0.1.`;
    throw new WeirError('config', text);
  }
  const onWrong = (source: string) => onRefused?.('came with a wrong token', '(token)', source);
  const old = oldToken?.reveal();
  const known = secret ? tokenRequired(old ? [secret, old] : [secret], onWrong) : undefined;
  const guard = known?.guard ?? loopbackNamesOnly(listen.host);
  const limited = limitRequests(limitsOf(options), cutOff(options));
  return { chain: [limited, ...before, guard, ...handlers], isKnown: known?.isKnown ?? (() => true) };
}

function lifeOf(server: Server, { listen, onError }: HttpServerOptions): HttpServer {
  return {
    async start() {
      try {
        await once(server.listen(listen.port, listen.host), 'listening');
      } catch (error) {
        const where = `${listen.host}:${listen.port}`;
        const text = `Weir cannot listen on ${where} (${messageOf(error)}): change http.listen, or end what uses it.`;
        throw new WeirError('system', text, { cause: error });
      }
      // A connection that cannot be accepted (no file handles) must not end the process.
      server.on('error', (error) => onError?.(error, '(listening)'));
      const { address, family, port } = server.address() as AddressInfo;
      return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
    },
    async stop() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function walk(chain: readonly Handler[], request: WebRequest, response: ServerResponse): Promise<void> {
  for (const handler of chain) if (await handler(request, response)) return;
  respondText(response, 404, 'There is nothing here. The page is at /.');
}

function parseUrl(target = ''): URL | undefined {
  if (!target.startsWith('/')) return undefined;
  try {
    return new URL(`http://weir${target}`);
  } catch {
    return undefined;
  }
}

/** Set on every answer. The page adds its own Content-Security-Policy. */
function secure(response: ServerResponse): void {
  response.setHeader(
    'Content-Security-Policy',
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  );
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Cache-Control', 'no-store');
}
