/**
 * Pools that weir.yaml no longer has stay in the broker. Nobody evaluates them, so their threads would stay open for
 * ever: they are closed here. Nodes end the leases on them.
 */

import type { Redis } from 'ioredis';
import { poolNames } from '../../src/broker/names.ts';
import { commit, type OutboxItem, readHoldList, readState } from '../../src/broker/store.ts';
import { lookAtTime, timeOf } from '../../src/broker/time/clock.ts';
import type { TellPlan } from '../../src/model/configuration/config.ts';
import { FORMAT_VERSION } from '../../src/model/entries/version.ts';
import { incidentStateOf, toStored } from '../../src/operations/stored.ts';
import { foldIncidents } from '../../src/tell/incidents/fold.ts';
import { outboxOf } from './outbox.ts';

/** A pool is gone when nobody has written to it for so long: another worker or a node may still have it. In ms. */
const SILENT_FOR_MS = 600_000;

export interface FarewellDependencies {
  readonly redis: Redis;
  /** The pools of weir.yaml. */
  readonly pools: readonly string[];
  readonly plan: TellPlan;
  deliver(item: OutboxItem): Promise<void>;
}

/**
 * Looks once at all pools that the broker knows. A pool that comes back finds its threads closed, and opens new ones.
 * @throws what ioredis throws.
 */
export async function sayFarewell({ redis, pools, plan, deliver }: FarewellDependencies): Promise<void> {
  for (const pool of await poolNames(redis)) {
    if (pools.includes(pool)) continue;
    const [look, stored, holds] = await Promise.all([
      lookAtTime(redis, pool),
      readState(redis, pool),
      readHoldList(redis, pool),
    ]);
    const incidentState = stored && incidentStateOf(stored);
    if (stored === undefined || incidentState === undefined || timeOf(look) - (look.last ?? 0) < SILENT_FOR_MS)
      continue;
    if (
      !Object.values(incidentState.threads).some(({ kind, closedAt }) => kind === 'incident' && closedAt === undefined)
    )
      continue;
    const folded = foldIncidents(incidentState, {
      pool,
      now: timeOf(look),
      entryId: stored.cursor,
      body: { kind: 'tick', pool },
      plan,
      happenings: [],
      before: {},
      findings: {},
      calendarMs: 0,
      goneBecause: `weir.yaml has no pool ${pool} any more.`,
      muterOf: () => undefined,
      hasTarget: () => false,
      ruleOf: () => undefined,
    });
    const outbox = outboxOf(pool, { shows: folded.notifications, jobs: [] });
    await commit(redis, pool, {
      version: FORMAT_VERSION,
      readCursor: stored.cursor,
      cursor: stored.cursor,
      stateJson: stored.json,
      outbox,
      decisions: [],
      desired: [],
      audit: [],
      forgotten: [],
      holds: holds ?? { live: [], ended: [] },
      incidentState: { ...toStored(folded.state), incidents: folded.incidents, threads: folded.threads },
    });
    for (const item of outbox) await deliver(item);
  }
}
