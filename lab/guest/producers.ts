/**
 * Producers: ioredis clients with default options and a persistent connection to the virtual IP. Like
 * logstash-output-redis each waits for the answer to one push before the next, so a member that hangs stops it.
 *
 * Arguments: address, port, list, how many. They connect at `{"connect":true}`.
 */

import { Redis } from 'ioredis';
import { runIdOf } from '../pool/run-id.ts';
import { listen, type Spoken } from './line-reader.ts';

export interface Rate {
  readonly perSecond: number;
  readonly bytes: number;
}

/** Times are wall clock, in ms. Counts and the gap are since the start or the last reset. */
export interface ProducerReport {
  readonly id: number;
  /** run_id of the Redis that answered when the connection became ready; '' before that. */
  readonly runId: string;
  readonly status: string;
  readonly ok: number;
  /** Refused with OOM: these logs are lost. */
  readonly refused: number;
  /** Failed in another way. */
  readonly errors: number;
  readonly lastOkAt: number;
  readonly reconnects: number;
  /** Longest time without a successful push, the present one included. */
  readonly longestGapMs: number;
}

export interface ProducersMessage extends Spoken {
  readonly connect?: boolean;
  readonly rate?: Rate;
  readonly reset?: boolean;
  readonly reconnect?: boolean;
}

interface Producer {
  report(): ProducerReport;
  reset(): void;
  reconnect(): void;
  push(payload: string): Promise<void>;
}

function startProducer(id: number, host: string, port: number, list: string): Producer {
  const redis = new Redis(port, host);
  let runId = '';
  let readies = 0;
  let pushing = false;
  let lastOkAt = Date.now();
  let counts = { ok: 0, refused: 0, errors: 0, reconnects: 0, longestGapMs: 0 };

  redis.on('error', () => {}); // Without a listener ioredis prints every failed connection; the report counts instead.
  redis.on('ready', async () => {
    readies += 1;
    if (readies > 1) counts.reconnects += 1;
    runId = runIdOf(await redis.info('server').catch(() => '')) ?? '';
  });

  return {
    report: () => ({
      id,
      runId,
      status: redis.status,
      ...counts,
      lastOkAt,
      longestGapMs: Math.max(counts.longestGapMs, Date.now() - lastOkAt),
    }),
    reset() {
      counts = { ok: 0, refused: 0, errors: 0, reconnects: 0, longestGapMs: 0 };
      lastOkAt = Date.now();
    },
    reconnect() {
      runId = '';
      redis.disconnect(true);
    },
    async push(payload) {
      if (pushing) return;
      pushing = true;
      try {
        await redis.rpush(list, payload);
        counts.ok += 1;
        counts.longestGapMs = Math.max(counts.longestGapMs, Date.now() - lastOkAt);
        lastOkAt = Date.now();
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('OOM ')) counts.refused += 1;
        else counts.errors += 1;
      } finally {
        pushing = false;
      }
    },
  };
}

const [host = '', port = '', list = '', count = ''] = process.argv.slice(2);
const producers: Producer[] = [];
let payload = '';
let timer: NodeJS.Timeout | undefined;

function setRate({ perSecond, bytes }: Rate): void {
  clearInterval(timer);
  payload = 'x'.repeat(bytes);
  if (perSecond <= 0) return;
  timer = setInterval(() => {
    for (const producer of producers) void producer.push(payload);
  }, 1_000 / perSecond);
}

listen<ProducersMessage>(({ connect, rate, reset, reconnect }) => {
  if (connect) for (let id = 1; id <= Number(count); id++) producers.push(startProducer(id, host, Number(port), list));
  if (rate !== undefined) setRate(rate);
  if (reconnect) for (const producer of producers) producer.reconnect();
  if (reset) for (const producer of producers) producer.reset();
  return { producers: producers.map((producer) => producer.report()) };
});
