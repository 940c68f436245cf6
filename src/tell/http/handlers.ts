/** The paths that are served, and where their data comes from. To add one, add it to the list. */

import type { ServerResponse } from 'node:http';
import { within } from '../../lib/within.ts';
import { formatDuration } from '../../model/duration.ts';
import { messageOf } from '../../model/error.ts';
import type { Incident } from '../../model/people/incident.ts';
import type { Status } from '../../model/people/status.ts';
import type { Metrics } from '../metrics.ts';
import { type Handler, onPath, respond, respondJson, type WebRequest } from './handler.ts';
import { pageHandler } from './page.ts';

export interface WebSources {
  status(): Promise<Status>;
  /** Open incidents and the latest closed ones, newest first. */
  incidents(): Promise<readonly Incident[]>;
  /** For each pool the time since its last evaluation, in ms; undefined: none yet in this process. */
  evaluationAges(): ReadonlyMap<string, number | undefined>;
  /** Sentences about what is missing before this process can work; empty when it is ready. */
  ready(): Promise<string[]>;
  readonly metrics: Metrics;
  /** Monotonic, in ms; left out: the process's own. */
  readonly clock?: () => number;
}

/** How long the broker may take to say what the status is, in ms. */
const STATUS_WITHIN_MS = 3_000;

/** A process whose last evaluation is longer ago than this is of no use. In ms. */
const HEALTHY_WITHIN_MS = 90_000;

export function createHandlers(sources: WebSources): Handler[] {
  const clock = sources.clock ?? (() => performance.now());
  const startedAt = clock();
  const status = () => soon(sources.status());
  return [
    pageHandler(status),
    onPath('/healthz', (_request, response) => {
      // A process that has just started has had no time for one.
      const sinceStartMs = clock() - startedAt;
      const ages = [...sources.evaluationAges()].map(([pool, ms]) => ({
        pool,
        ageMs: Math.round(ms ?? sinceStartMs),
        ms,
      }));
      const late = ages.filter(({ ageMs }) => ageMs > HEALTHY_WITHIN_MS);
      const oldest = ages.reduce((one, other) => (other.ageMs > one.ageMs ? other : one), {
        pool: '',
        ageMs: 0,
        ms: 0,
      });
      const ok = late.length === 0;
      const seen =
        oldest.ms === undefined ? 'No evaluation has finished since the start' : 'The last evaluation finished';
      const who = late.length === 0 ? '' : ` of ${late.map(({ pool }) => pool).join(', ')}`;
      const message = `${seen.replace(' evaluation', ` evaluation${who}`)} ${formatDuration(oldest.ageMs)} ago${ok ? '' : ': look at the broker and at the log of the worker'}.`;
      return respondJson(response, ok ? 200 : 503, {
        ok,
        lastEvaluationAgeMs: oldest.ms === undefined ? null : oldest.ageMs,
        pools: Object.fromEntries(ages.map(({ pool, ms }) => [pool, ms === undefined ? null : Math.round(ms)])),
        limitMs: HEALTHY_WITHIN_MS,
        message,
      });
    }),
    onPath('/readyz', async (_request, response) => {
      const missing = await soon(sources.ready()).catch((error: unknown) => [messageOf(error)]);
      return respondJson(response, missing.length === 0 ? 200 : 503, { ready: missing.length === 0, missing });
    }),
    onPath('/metrics', async (_request, response) => {
      // The counters and the age of the last evaluation are told even without the broker: alerts go by them.
      const seen = await status().catch(() => undefined);
      const ages = [...sources.evaluationAges().values()].filter((ms) => ms !== undefined);
      const body = await sources.metrics.text(seen, ages.length === 0 ? undefined : Math.max(...ages));
      return respond(response, { type: sources.metrics.contentType, body });
    }),
    onPath('/api/v1/status', json(status)),
    onPath(
      '/api/v1/incidents',
      json(() => soon(sources.incidents())),
    ),
  ];
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
