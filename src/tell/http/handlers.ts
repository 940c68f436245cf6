/** The paths that are served, and where their data comes from. To add one, add it to the list. */

import type { ServerResponse } from 'node:http';
import { dictionary } from '../../lib/dictionary.ts';
import { within } from '../../lib/within.ts';
import { formatDuration } from '../../model/duration.ts';
import { messageOf } from '../../model/error.ts';
import type { Incident } from '../../model/people/incident.ts';
import type { Status } from '../../model/people/status.ts';
import { METRICS_TYPE } from '../metrics.ts';
import { type Handler, onPath, respond, respondJson, respondText, type WebRequest } from './handler.ts';
import { pageHandler } from './page.ts';

export interface WebSources {
  status(): Promise<Status>;
  /** Open incidents and the latest closed ones, newest first. */
  incidents(): Promise<readonly Incident[]>;
  ages(): Promise<Ages>;
  /** Sentences about what is missing before the worker can work; empty when it is ready. */
  ready(): Promise<readonly string[]>;
  /** What Prometheus gets. */
  metrics(): Promise<string>;
}

/** How long ago the worker has evaluated. */
export interface Ages {
  /** Since the worker started, in ms. */
  readonly upMs: number;
  /** For every pool, the time since an evaluation finished, in ms; null: none yet. */
  readonly pools: readonly (readonly [pool: string, ms: number | null])[];
}

/** How long the broker may take to say what the status is, in ms. */
const STATUS_WITHIN_MS = 3_000;

/** A process whose last evaluation is longer ago than this is of no use. In ms. */
const HEALTHY_WITHIN_MS = 90_000;

export function createHandlers(sources: WebSources): Handler[] {
  const status = () => soon(sources.status());
  return [
    pageHandler(status),
    onPath('/healthz', async (_request, response) => {
      const ages = await soon(sources.ages()).catch(() => undefined);
      const health = ages === undefined ? SILENT : healthOf(ages);
      return respondJson(response, health.ok ? 200 : 503, health);
    }),
    onPath('/readyz', async ({ isKnown }, response) => {
      const missing = await soon(sources.ready()).catch((error: unknown) => [messageOf(error)]);
      const ready = missing.length === 0;
      // What is missing may be said in the broker's own words: not to everybody.
      return respondJson(response, ready ? 200 : 503, { ready, ...(isKnown() && { missing }) });
    }),
    onPath('/metrics', async (_request, response) => {
      try {
        return respond(response, { type: METRICS_TYPE, body: await soon(sources.metrics()) });
      } catch (error) {
        return respondText(response, 503, messageOf(error));
      }
    }),
    onPath('/api/v1/status', json(status)),
    onPath(
      '/api/v1/incidents',
      json(() => soon(sources.incidents())),
    ),
  ];
}

/** The worker itself is held up, or has just ended. */
const SILENT = { ok: false, message: 'The worker does not answer its own page: look at its log.' };

function healthOf({ upMs, pools }: Ages) {
  // A process that has just started has had no time for one.
  const ages = pools.map(([pool, ms]) => ({ pool, ageMs: Math.round(ms ?? upMs), ms }));
  const late = ages.filter(({ ageMs }) => ageMs > HEALTHY_WITHIN_MS);
  const none = { pool: '', ageMs: 0, ms: 0 };
  const oldest = ages.reduce((one, other) => (other.ageMs > one.ageMs ? other : one), none);
  const ok = late.length === 0;
  const lastEvaluation =
    oldest.ms === null ? 'No evaluation has finished since the start' : 'The last evaluation finished';
  const who = ok ? '' : ` of ${late.map(({ pool }) => pool).join(', ')}`;
  const message = `${lastEvaluation.replace(' evaluation', ` evaluation${who}`)} ${formatDuration(oldest.ageMs)} ago${ok ? '' : ': look at the broker and at the log of the worker'}.`;
  return {
    ok,
    lastEvaluationAgeMs: oldest.ms === null ? null : oldest.ageMs,
    pools: dictionary(pools.map(([pool, ms]) => [pool, ms === null ? null : Math.round(ms)])),
    limitMs: HEALTHY_WITHIN_MS,
    message,
  };
}

function json(read: () => Promise<unknown>) {
  return async (_request: WebRequest, response: ServerResponse): Promise<true> => {
    try {
      return respondJson(response, 200, await read());
    } catch (error) {
      return respondJson(response, 503, { error: messageOf(error) });
    }
  };
}

/** A broker that hangs must not hang the page. */
function soon<T>(promise: Promise<T>): Promise<T> {
  return within(promise, STATUS_WITHIN_MS, () => {
    const limit = formatDuration(STATUS_WITHIN_MS);
    throw new Error(`The broker gave no answer within ${limit}: check that it runs and can be reached.`);
  });
}
