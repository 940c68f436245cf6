/** Alerts of others on their way to the pools' streams. Who has the token may send them, and not as many as will fill the broker. */

import type { Redis } from 'ioredis';
import { append } from '../../src/broker/entries/stream.ts';
import { readIncident } from '../../src/broker/incidents.ts';
import { isFirst, takeBytes } from '../../src/broker/pace.ts';
import { formatBytes } from '../../src/lib/text/units.ts';
import type { ExternalAlert } from '../../src/model/readings/alert.ts';
import type { Claim, SentAlert, TakenAlerts } from '../../src/tell/http/alertmanager-in.ts';
import { Refused } from '../../src/tell/http/body.ts';

/**
 * What a pool's stream takes of alerts in a minute, in bytes: about six thousand ordinary ones. The stream keeps an hour, so
 * 60 MiB of the broker at the most.
 */
const LIMIT = { max: 1024 * 1024, perMs: 60_000 };

/** How often people hear that alerts were left out for a pool, in ms; each HTTP answer says it. */
const TOLD_EVERY_MS = 3_600_000;

export interface AlertsDependencies {
  readonly redis: Redis;
  /** Names of the pools. */
  readonly pools: readonly string[];
  /** Wakes a pool's evaluation. */
  wake(pool: string): Promise<void>;
  /** Somebody must mend it: a sentence. */
  onLeft(sentence: string): void;
}

/** Gives the answer to whoever sent them. @throws Refused 503 where nothing could be taken now: an Alertmanager sends it again. */
export function createAlertsIn(deps: AlertsDependencies) {
  const { redis, wake, onLeft } = deps;
  return async ({ told, left, foreign }: TakenAlerts): Promise<string> => {
    const taken: string[] = [];
    const cut: string[] = [];
    for (const { pool, alerts: sent } of told) {
      const others = await ofOthers(deps, sent);
      const alerts = await whatFits(redis, pool, others);
      if (alerts.length < others.length) cut.push(await cutSentence(deps, pool, others.length - alerts.length));
      if (alerts.length === 0) continue;
      await append(redis, { kind: 'alerts', pool, alerts });
      await wake(pool);
      taken.push(`${alerts.length} for ${pool}`);
    }
    for (const sentence of left) onLeft(sentence);
    if (taken.length === 0 && cut.length > 0) throw new Refused(503, cut.join(' '));
    const lines = [`Taken: ${taken.join(', ') || 'nothing'}.`, ...cut, ...left];
    return [...lines, ...(foreign === undefined ? [] : [foreign])].join('\n');
  };
}

/** Without Weir's own incidents that have come back: those would hold up a rule over alerts for ever. */
async function ofOthers({ redis, pools }: AlertsDependencies, sent: readonly SentAlert[]): Promise<ExternalAlert[]> {
  const isKnown = new Map<string, boolean>();
  const kept: ExternalAlert[] = [];
  for (const { claim, ...alert } of sent) {
    if (claim !== undefined) {
      const key = JSON.stringify(claim);
      const isOwn = isKnown.get(key) ?? (pools.includes(claim.pool) && (await isIncident(redis, claim)));
      isKnown.set(key, isOwn);
      if (isOwn) continue;
    }
    kept.push(alert);
  }
  return kept;
}

async function isIncident(redis: Redis, { incident: id, rule, pool, target }: Claim): Promise<boolean> {
  const incident = await readIncident(redis, pool, id);
  return incident?.rule === rule && incident.pool === pool && incident.target === target;
}

/** The first of them, as many as there is room for in this minute. */
async function whatFits(redis: Redis, pool: string, alerts: readonly ExternalAlert[]): Promise<ExternalAlert[]> {
  const sizes = alerts.map((alert) => Buffer.byteLength(JSON.stringify(alert)));
  let room = await takeBytes(
    redis,
    `alerts/${pool}`,
    sizes.reduce((sum, size) => sum + size, 0),
    LIMIT,
  );
  const count = sizes.findIndex((size) => {
    room -= size;
    return room < 0;
  });
  return count < 0 ? [...alerts] : alerts.slice(0, count);
}

async function cutSentence({ redis, onLeft }: AlertsDependencies, pool: string, count: number): Promise<string> {
  const limit = formatBytes(LIMIT.max);
  const sentence = `Left out: ${count} alerts for ${pool}, for more than ${limit} came in a minute.`;
  if (await isFirst(redis, `alerts-cut/${pool}`, TOLD_EVERY_MS)) onLeft(sentence);
  return sentence;
}
