/** The picture of all pools that `weir status`, the page and the API show: made from what the broker has, by nobody's memory. */

import type { Redis } from 'ioredis';
import { checkBroker } from '../src/broker/health.ts';
import { ALIVE_KEY } from '../src/broker/keys.ts';
import { readAgreed, readReports } from '../src/broker/rules.ts';
import { readDecisions, readState } from '../src/broker/store.ts';
import type { PoolConfig, WeirConfig } from '../src/model/config.ts';
import type { Sweep } from '../src/model/reading.ts';
import type { ObserverStatus, PoolStatus, Status } from '../src/model/status.ts';
import { alertSignals } from '../src/rules/alerts.ts';
import { buildFacts } from '../src/rules/facts.ts';
import { holdsInForce } from '../src/rules/holds.ts';
import { freshSweeps, initialState, NOTHING_REMEMBERED, type PoolState } from '../src/rules/state.ts';

/** Decisions that the page shows. */
const SHOWN_DECISIONS = 20;

/**
 * Reads the state of every pool.
 * @throws what ioredis throws when the broker does not answer.
 */
export async function readStatus(redis: Redis, config: WeirConfig): Promise<Status> {
  const [[seconds, micros], alive, health] = await Promise.all([
    redis.time(),
    redis.exists(ALIVE_KEY),
    checkBroker(redis),
  ]);
  const now = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  const pools = await Promise.all(
    Object.values(config.pools).map((pool) =>
      poolStatus({ redis, config, now, brokerTroubles: health.troubles }, pool),
    ),
  );
  const troubles = [...health.troubles, ...(await ruleTroubles(redis, now))];
  if (alive === 0) troubles.push('No worker has evaluated a rule for 30 s: start `weir worker` or look into its log.');
  return { at: now, pools, troubles };
}

interface Sources {
  readonly redis: Redis;
  readonly config: WeirConfig;
  readonly now: number;
  readonly brokerTroubles: readonly string[];
}

async function poolStatus({ redis, config, now, brokerTroubles }: Sources, pool: PoolConfig): Promise<PoolStatus> {
  const [stored, decisions] = await Promise.all([
    readState(redis, pool.name),
    readDecisions(redis, pool.name, SHOWN_DECISIONS),
  ]);
  const none = { cursor: '0-0', now: 0, settleMs: 0, reason: '', ruleSet: { hash: '', rules: [] }, brokerRunId: '' };
  const state: PoolState =
    stored === undefined ? initialState(none) : { ...NOTHING_REMEMBERED, ...(JSON.parse(stored.json) as PoolState) };
  const fresh = freshSweeps(state, now, config.poll.staleAfterMs);
  const {
    pool: poolFacts,
    members,
    directors,
    consumers,
  } = buildFacts(pool, fresh, brokerTroubles, alertSignals(state.alerts, now));
  return {
    name: pool.name,
    vip: `${pool.vip.address}:${pool.vip.port}`,
    mode: config.policy.mode,
    facts: { pool: poolFacts, members, directors, consumers },
    observers: observersOf(
      pool,
      state,
      fresh.map((sweep) => sweep.observer),
    ),
    findings: Object.values(state.findings).filter((finding) => finding.phase !== 'inactive'),
    decisions,
    leases: Object.values(state.leases),
    holds: holdsInForce({ pool: pool.name, policy: config.policy, holds: state.holds, fresh, now }),
    ...raisingOn(String(poolFacts.master), fresh),
    waiting: Object.values(state.waiting).map(({ decision }) => decision),
    ...(state.settlesAt > now && { settlesAt: state.settlesAt }),
    ...(stored !== undefined && { evaluatedAt: Number(state.cursor.split('-')[0]) }),
    ruleSetHash: state.ruleSetHash,
  };
}

function raisingOn(master: string, fresh: readonly Sweep[]): Pick<PoolStatus, 'raising'> {
  const raising = fresh.find(({ observer }) => observer === master)?.raising;
  return raising === undefined ? {} : { raising };
}

function observersOf(pool: PoolConfig, state: PoolState, fresh: readonly string[]): ObserverStatus[] {
  const names = new Set([...Object.keys(pool.members), ...Object.keys(state.sweeps)]);
  return [...names].sort().map((name) => {
    const sweep = state.sweeps[name];
    return {
      name,
      node: pool.members[name] !== undefined,
      ...(sweep !== undefined && { at: sweep.at }),
      fresh: fresh.includes(name),
      troubles: sweep?.troubles ?? [],
    };
  });
}

/** How long workers may have other rules in their folders than in force, before people hear of it: one is edited after the other. In ms. */
const APART_MS = 60_000;

/** Folders of workers whose rules are not the ones in force. */
async function ruleTroubles(redis: Redis, now: number): Promise<string[]> {
  const [agreed, reports] = await Promise.all([readAgreed(redis), readReports(redis, now)]);
  if (agreed === undefined) return [];
  const inForce = `in force are those of ${agreed.by} since ${new Date(agreed.at).toISOString()}`;
  return reports.flatMap(({ worker, hash, fault }) => {
    if (fault !== undefined) return [`The rule files of ${worker} are not used, ${inForce}: ${fault}`];
    if (hash === agreed.hash || now - agreed.at < APART_MS) return [];
    return [`The rule files of ${worker} are other ones than the rules ${inForce}.`];
  });
}
