/** The status of all pools, as `weir status`, the page and the API show it: made from what the broker has. */

import type { Redis } from 'ioredis';
import { readAlive } from '../../broker/alive.ts';
import { checkBroker } from '../../broker/health.ts';
import { readAgreed, readReports } from '../../broker/rules.ts';
import { readDecisions, readVersion } from '../../broker/store.ts';
import { lookAtTime, timeOf } from '../../broker/time/clock.ts';
import { editionOf } from '../../config/edition.ts';
import { weirVersion } from '../../lib/files/version.ts';
import type { PoolConfig, WeirConfig } from '../../model/configuration/config.ts';
import { FORMAT_VERSION, newerState } from '../../model/entries/version.ts';
import type { ObserverStatus, PoolStatus, Status } from '../../model/people/status.ts';
import type { Sweep } from '../../model/readings/reading.ts';
import { holdsInForce } from '../../rules/findings/holds.ts';
import { alertSignals } from '../../rules/state/alerts.ts';
import { viewEditions } from '../../rules/state/editions.ts';
import { buildFacts } from '../../rules/state/facts.ts';
import { unsealedIn } from '../../rules/state/seals.ts';
import { freshSweeps, initialState, type PoolState } from '../../rules/state/state.ts';
import { clockTrouble } from '../clock-trouble.ts';
import { readPoolState } from '../stored.ts';
import { openIncidents } from './open-incidents.ts';

/** The page shows so many decisions. */
const SHOWN_DECISIONS = 20;

/**
 * Reads the state of every pool.
 * @throws what ioredis throws when the broker does not answer.
 */
export async function readStatus(redis: Redis, config: WeirConfig): Promise<Status> {
  const [first = ''] = Object.keys(config.pools);
  const [look, alive, health] = await Promise.all([
    lookAtTime(redis, first),
    readAlive(redis, Object.keys(config.pools)),
    checkBroker(redis),
  ]);
  const now = timeOf(look);
  const clock = clockTrouble(look.lead);
  const brokerTroubles = [...health.troubles, ...(clock === undefined ? [] : [clock])];
  const pools = await Promise.all(
    Object.values(config.pools).map((pool) => poolStatus({ redis, config, now, brokerTroubles }, pool)),
  );
  const troubles = [
    ...brokerTroubles,
    ...pools.flatMap((pool) => editionTroubles(pool, config.file)),
    ...pools.flatMap(sealTroubles),
    ...(await ruleTroubles(redis, now)),
    ...(await newerTroubles(redis, config)),
  ];
  const dead = [...alive].filter(([, isLive]) => !isLive).map(([pool]) => pool);
  if (dead.length > 0) {
    const where = dead.length === alive.size ? '' : ` of ${dead.join(', ')}`;
    troubles.push(`No worker has evaluated a rule${where} for 30 s: start \`weir worker\` or look into its log.`);
  }
  return { at: now, version: weirVersion(), pools, troubles };
}

/** Troubles of pools whose state a newer Weir wrote: this one may not show all of it. */
async function newerTroubles(redis: Redis, config: WeirConfig): Promise<string[]> {
  const names = Object.keys(config.pools);
  const versions = await Promise.all(names.map((name) => readVersion(redis, name)));
  return names.flatMap((name, index) => {
    const newest = versions[index] ?? 1;
    return newest > FORMAT_VERSION ? [newerState(name, newest)] : [];
  });
}

interface Sources {
  readonly redis: Redis;
  readonly config: WeirConfig;
  readonly now: number;
  readonly brokerTroubles: readonly string[];
}

async function poolStatus({ redis, config, now, brokerTroubles }: Sources, pool: PoolConfig): Promise<PoolStatus> {
  const [stored, decisions] = await Promise.all([
    readPoolState(redis, pool.name),
    readDecisions(redis, pool.name, SHOWN_DECISIONS),
  ]);
  const none = { cursor: '0-0', now: 0, settleMs: 0, reason: '', ruleSet: { hash: '', rules: [] }, brokerRunId: '' };
  const state = stored?.state ?? initialState(none);
  const editions = viewEditions(state, now);
  const fresh = freshSweeps(state, now, config.poll.staleAfterMs);
  const {
    pool: poolFacts,
    members,
    directors,
    consumers,
  } = buildFacts(pool, fresh, brokerTroubles, {
    ...alertSignals(state.alerts, now),
    weir_yaml_differs: editions.differs,
  });
  return {
    name: pool.name,
    vip: `${pool.vip.address}:${pool.vip.port}`,
    mode: editions.lowest ?? config.policy.mode,
    facts: { pool: poolFacts, members, directors, consumers },
    observers: observersOf(
      pool,
      state,
      fresh.map((sweep) => sweep.observer),
    ),
    findings: Object.values(state.findings).filter((finding) => finding.phase !== 'inactive'),
    ...openIncidents(stored?.incidentState, now),
    decisions,
    leases: Object.values(state.leases),
    holds: holdsInForce({
      pool: pool.name,
      policy: config.policy,
      holds: state.holds,
      fresh,
      now,
      calendarMs: state.calendarMs,
    }),
    ...raisingOn(poolFacts.master ?? '', fresh),
    waiting: Object.values(state.waiting).map(({ decision }) => decision),
    ...(state.settlesAt > now && { settlesAt: state.settlesAt }),
    ...unsealedIn(state, now),
    ...(isOther(editions.hashes) && { isOtherEdition: true as const }),
    ...(stored !== undefined && { evaluatedAt: Number(state.cursor.split('-')[0]) }),
    ruleSetHash: state.ruleSetHash,
  };

  /** Whether the weir.yaml that is read here is none that a worker or node was started with. */
  function isOther(hashes: readonly string[]): boolean {
    return hashes.length > 0 && !hashes.includes(editionOf(pool, config.policy, config.poll).hash);
  }
}

/** Troubles about editions of weir.yaml that differ: among workers and nodes, or from the one that is read here. */
function editionTroubles({ name, mode, facts, isOtherEdition }: PoolStatus, file: string): string[] {
  const { weir_yaml_differs: differs = '' } = facts.pool;
  const own = `What ${file} says here of pool ${name} is something else than what every worker and node was started with: what is shown of it may be wrong.`;
  const all = `weir.yaml is not the same everywhere for pool ${name}: ${differs}. Until it is, the mode is ${mode}, the lowest.`;
  return [...(differs === '' ? [] : [all]), ...(isOtherEdition === true ? [own] : [])];
}

function sealTroubles({ name, unsealed = [] }: PoolStatus): string[] {
  if (unsealed.length === 0) return [];
  return [
    `Not sealed in pool ${name}: what ${unsealed.join(', ')} wrote in the last minute. seal.mode: require would refuse it.`,
  ];
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

/** Folders of workers are edited one after the other: people hear of a difference after so long. In ms. */
const APART_MS = 60_000;

/** Troubles about folders of workers whose rules are not the rules in force. */
async function ruleTroubles(redis: Redis, now: number): Promise<string[]> {
  const [agreed, reports] = await Promise.all([readAgreed(redis), readReports(redis, now)]);
  if (agreed === undefined) return [];
  const inForce = `in force are those of ${agreed.by} since ${new Date(agreed.at).toISOString()}`;
  return reports.flatMap(({ worker, folder, hash, fault }) => {
    const files = folder === undefined ? `The rule files of ${worker}` : `The rule files in ${folder} of ${worker}`;
    if (fault !== undefined) return [`${files} are not used, ${inForce}: ${fault}`];
    if (hash === agreed.hash || now - agreed.at < APART_MS) return [];
    return [`${files} are not in force: ${inForce}. Restart or edit one worker's to put them in force.`];
  });
}
