/**
 * A stand-in for logstash, which cannot be installed from here: it speaks logstash-input-redis's own commands
 * (lib/logstash/inputs/redis.rb, data_type list, default settings) and throws away what it reads. SCRIPT LOAD, then
 * EVALSHA of lrange and ltrim with batch_count 125; 0.25 s of sleep when the list is empty; after an error a new
 * connection 1 s later; NOSCRIPT loads the script again; 5 s time-out.
 *
 * Arguments: address, port, list. `{"stalled":true}` makes it what logstash is when Elasticsearch blocks: connected, silent.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { listen, type Spoken } from './line-reader.ts';

const BATCH_COUNT = 125;
const EMPTY_SLEEP_MS = 250;
const RECONNECT_AFTER_MS = 1_000;
const TIMEOUT_MS = 5_000;

const SCRIPT = `local batchsize = tonumber(ARGV[1])
local result = redis.call('lrange', KEYS[1], 0, batchsize)
redis.call('ltrim', KEYS[1], batchsize + 1, -1)
return result
`;

export interface ConsumerReport {
  readonly items: number;
  readonly batches: number;
  readonly errors: number;
  readonly stalled: boolean;
}

export interface ConsumerMessage extends Spoken {
  readonly stalled?: boolean;
}

const [host = '', port = '', list = ''] = process.argv.slice(2);
const counts = { items: 0, batches: 0, errors: 0 };
let stalled = false;

listen<ConsumerMessage>((message) => {
  stalled = message.stalled ?? stalled;
  return { ...counts, stalled } satisfies ConsumerReport;
});

/** Reads until something fails. */
async function consume(redis: Redis): Promise<never> {
  await redis.connect();
  let sha = await loadScript(redis);
  for (;;) {
    if (stalled) {
      await sleep(EMPTY_SLEEP_MS);
      continue;
    }
    try {
      const items = (await redis.evalsha(sha, 1, list, BATCH_COUNT - 1)) as unknown[];
      counts.items += items.length;
      counts.batches += 1;
      if (items.length === 0) await sleep(EMPTY_SLEEP_MS);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      sha = await loadScript(redis);
    }
  }
}

async function loadScript(redis: Redis): Promise<string> {
  return (await redis.script('LOAD', SCRIPT)) as string;
}

for (;;) {
  const redis = new Redis(Number(port), host, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', () => {}); // Counted below.
  await consume(redis).catch(() => {
    counts.errors += 1;
  });
  redis.disconnect();
  await sleep(RECONNECT_AFTER_MS);
}
