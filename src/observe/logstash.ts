/** logstash's monitoring API: GET /_node/stats/pipelines (port 9600). */

import { field } from '../lib/fields.ts';
import type { ConsumerSignals, Mutable } from '../model/readings/signals.ts';
import { createCounterWindow } from './window.ts';

/** An answer longer than this does not come from logstash. */
const MAX_BYTES = 1_000_000;

export interface PipelineStats {
  readonly eventsIn: number;
  readonly eventsOut: number;
  /** Percent, of the busiest pipeline, over the last minute; absent before 8.5 and until there is enough data. */
  readonly workerUtilization?: number;
}

/** Returns undefined where the text is no such answer. A flow value may be the text "Infinity", which is skipped. */
export function parsePipelines(text: string): PipelineStats | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const pipelines = field(parsed, 'pipelines');
  if (typeof pipelines !== 'object' || pipelines === null) return undefined;
  const all = Object.values(pipelines as Record<string, unknown>);
  const sum = (name: string) =>
    all.reduce<number>((total, pipeline) => total + (numberAt(pipeline, 'events', name) ?? 0), 0);
  const busy = all
    .map((pipeline) => numberAt(pipeline, 'flow', 'worker_utilization', 'last_1_minute'))
    .filter((percent) => percent !== undefined);
  return {
    eventsIn: sum('in'),
    eventsOut: sum('out'),
    ...(busy.length > 0 && { workerUtilization: Math.max(...busy) }),
  };
}

function numberAt(value: unknown, ...path: string[]): number | undefined {
  const number = path.reduce(field, value);
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

export interface ConsumerReader {
  /** Never throws, and ends within poll.timeout. */
  read(): Promise<ConsumerSignals>;
}

export function createConsumerReader(input: {
  readonly url: string;
  readonly timeoutMs: number;
  readonly windowMs: number;
  readonly monotonic: () => number;
}): ConsumerReader {
  const eventsIn = createCounterWindow(input.windowMs);
  const eventsOut = createCounterWindow(input.windowMs);
  const where = new URL('/_node/stats/pipelines', input.url);

  return {
    async read() {
      const text = await fetchText(where, input.timeoutMs);
      const stats = text === undefined ? undefined : parsePipelines(text);
      if (stats === undefined) return { answering: false };
      const nowMs = input.monotonic();
      eventsIn.add(nowMs, stats.eventsIn);
      eventsOut.add(nowMs, stats.eventsOut);
      const signals: Mutable<ConsumerSignals> = { answering: true };
      const inRate = eventsIn.rate();
      const outRate = eventsOut.rate();
      if (inRate !== undefined) signals.events_in_rate = inRate;
      if (outRate !== undefined) signals.events_out_rate = outRate;
      if (stats.workerUtilization !== undefined) signals.worker_utilization = stats.workerUtilization;
      return signals;
    },
  };
}

async function fetchText(url: URL, timeoutMs: number): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
    if (!response.ok || Number(response.headers.get('content-length') ?? 0) > MAX_BYTES) return undefined;
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) return undefined;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch {
    return undefined;
  }
}
