/** A real HTTP server on loopback in the place of logstash's monitoring API. */

import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LogstashServer {
  readonly url: string;
  readonly paths: string[];
  /** How it answers from now on. */
  answer: RequestListener;
  stop(): Promise<void>;
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
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    logstash.answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const logstash: LogstashServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    answer: answerWith({ main: pipelines(0, 0) }),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return logstash;
}
