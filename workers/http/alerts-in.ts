/** Alerts of others on their way to the pools' streams. */

import type { Redis } from 'ioredis';
import { append } from '../../src/broker/entries/stream.ts';
import type { TakenAlerts } from '../../src/tell/http/alertmanager-in.ts';

export interface AlertsDependencies {
  readonly redis: Redis;
  /** Wakes a pool's evaluation. */
  wake(pool: string): Promise<void>;
  /** Somebody must mend it: a sentence. */
  onLeft(sentence: string): void;
}

/** Gives the answer to whoever sent them. */
export function createAlertsIn({ redis, wake, onLeft }: AlertsDependencies) {
  return async ({ told, left, foreign }: TakenAlerts): Promise<string> => {
    for (const { pool, alerts } of told) {
      await append(redis, { kind: 'alerts', pool, alerts });
      await wake(pool);
    }
    for (const sentence of left) onLeft(sentence);
    const taken = told.map(({ pool, alerts }) => `${alerts.length} for ${pool}`).join(', ');
    return [`Taken: ${taken || 'nothing'}.`, ...left, ...(foreign === undefined ? [] : [foreign])].join('\n');
  };
}
