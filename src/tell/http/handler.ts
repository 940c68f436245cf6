/** The shape of a handler, and the few ways to answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';

export interface WebRequest {
  readonly raw: IncomingMessage;
  readonly method: string;
  /** Path and query. Its host means nothing. */
  readonly url: URL;
  /** Whether it comes with the token, or is served without one. */
  isKnown(): boolean;
}

/** Answers and gives true, or leaves the request to the next handler and gives false. */
export type Handler = (request: WebRequest, response: ServerResponse) => Promise<boolean> | boolean;

interface Answer {
  readonly status?: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Ends the response; a HEAD gets the same headers without the body (node leaves it out). Gives true. */
export function respond(response: ServerResponse, { status = 200, type, body, headers = {} }: Answer): true {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body), ...headers });
  response.end(body);
  return true;
}

export function respondJson(response: ServerResponse, status: number, value: unknown): true {
  return respond(response, { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` });
}

export function respondText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): true {
  return respond(response, { status, type: 'text/plain; charset=utf-8', body: `${text}\n`, headers });
}

/** A handler for one path. */
export function onPath(
  path: string,
  handler: (request: WebRequest, response: ServerResponse) => Promise<true> | true,
): Handler {
  return (request, response) => (request.url.pathname === path ? handler(request, response) : false);
}
