/** A real HTTP server on loopback in the place of logstash's monitoring API. */

import type { RequestListener } from 'node:http';
import { startHttp, type TestHttp } from '../support/http.ts';

export interface LogstashServer extends TestHttp {
  readonly paths: string[];
  /** How it answers from now on. */
  answer: RequestListener;
}

export function pipelines(eventsIn: number, eventsOut: number, utilization?: unknown): unknown {
  return {
    events: { in: eventsIn, filtered: eventsIn, out: eventsOut },
    ...(utilization !== undefined && {
      flow: { worker_utilization: { current: 3.5, last_1_minute: utilization, lifetime: 1.2 } },
    }),
  };
}

export function answerWith(body: unknown, status = 200): RequestListener {
  const text = typeof body === 'string' ? body : JSON.stringify({ version: '8.15.0', pipelines: body });
  return (_, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(text);
  };
}

export async function startLogstash(): Promise<LogstashServer> {
  const paths: string[] = [];
  const http = await startHttp((request, response) => {
    paths.push(request.url ?? '');
    logstash.answer(request, response);
  });
  const logstash: LogstashServer = { ...http, paths, answer: answerWith({ main: pipelines(0, 0) }) };
  return logstash;
}
