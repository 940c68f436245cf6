/** The paths that are served, and where their data comes from. Adding one is adding it to the list. */

import type { ServerResponse } from 'node:http';
import { formatDuration } from '../../model/duration.ts';
import { messageOf } from '../../model/error.ts';
import type { Incident } from '../../model/incident.ts';
import type { Status } from '../../model/status.ts';
import type { Metrics } from '../metrics.ts';
import { answer, answerJson, type Handler, onPath, type WebRequest } from './handler.ts';
import { pageHandler } from './page.ts';

export interface WebSources {
  status(): Promise<Status>;
  /** Open incidents and those that were open last, newest first. */
  incidents(): Promise<readonly Incident[]>;
  /** Since an evaluation finished, in ms; undefined: none yet in this process. */
  lastEvaluationAgeMs(): number | undefined;
  /** Sentences about what is missing before this process can work; empty when it is ready. */
  ready(): Promise<string[]>;
  readonly metrics: Metrics;
  /** Monotonic, in ms; left out: the process's own. */
  readonly clock?: () => number;
}

/** How long the broker may take to say what the status is, in ms. */
const STATUS_WITHIN_MS = 3_000;

/** No evaluation for so long means that this process is of no use, in ms. */
const HEALTHY_WITHIN_MS = 90_000;

export function createHandlers(sources: WebSources): Handler[] {
  const clock = sources.clock ?? (() => performance.now());
  const startedAt = clock();
  const status = () => within(sources.status(), STATUS_WITHIN_MS);
  return [
    pageHandler(status),
    onPath('/healthz', (_request, response) => {
      const lastMs = sources.lastEvaluationAgeMs();
      // A process that has just started has had no time for one.
      const ageMs = Math.round(lastMs ?? clock() - startedAt);
      const ok = ageMs <= HEALTHY_WITHIN_MS;
      const seen = lastMs === undefined ? 'No evaluation has finished since the start' : 'The last evaluation finished';
      const message = `${seen} ${formatDuration(ageMs)} ago${ok ? '' : ': look at the broker and at the log of the worker'}.`;
      return answerJson(response, ok ? 200 : 503, {
        ok,
        lastEvaluationAgeMs: lastMs === undefined ? null : ageMs,
        limitMs: HEALTHY_WITHIN_MS,
        message,
      });
    }),
    onPath('/readyz', async (_request, response) => {
      const missing = await within(sources.ready(), STATUS_WITHIN_MS).catch((error: unknown) => [messageOf(error)]);
      return answerJson(response, missing.length === 0 ? 200 : 503, { ready: missing.length === 0, missing });
    }),
    onPath('/metrics', async (_request, response) => {
      // Without the broker the counters and the age of the last evaluation are still told: they are what pages.
      const seen = await status().catch(() => undefined);
      const body = await sources.metrics.text(seen, sources.lastEvaluationAgeMs());
      return answer(response, { type: sources.metrics.contentType, body });
    }),
    onPath('/api/v1/status', json(status)),
    onPath(
      '/api/v1/incidents',
      json(() => within(sources.incidents(), STATUS_WITHIN_MS)),
    ),
  ];
}

function json(read: () => Promise<unknown>) {
  return async (_request: WebRequest, response: ServerResponse): Promise<true> => {
    try {
      return answerJson(response, 200, await read());
    } catch (error) {
      return answerJson(response, 503, { error: messageOf(error) });
    }
  };
}

/** A broker that hangs must not hang the page. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const text = `The broker gave no answer within ${formatDuration(ms)}: check that it runs and can be reached.`;
    timer = setTimeout(() => reject(new Error(text)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
