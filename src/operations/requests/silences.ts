/** A person silences what people are told, ends a silence, and lists those that there are. */

import type { Redis } from 'ioredis';
import { readIncidents, readIncidentsOf } from '../../broker/incidents.ts';
import { brokerTime } from '../../broker/time/clock.ts';
import { didYouMean } from '../../lib/did-you-mean.ts';
import type { WeirConfig } from '../../model/configuration/config.ts';
import { formatDuration } from '../../model/duration.ts';
import { WeirError } from '../../model/error.ts';
import type { Incident } from '../../model/people/incident.ts';
import { type Matcher, matcherInWords, matches, type Silence } from '../../model/people/silence.ts';
import type { Thread } from '../../model/people/thread.ts';
import type { ChatCommand } from '../../tell/chatops/wish.ts';
import type { IncidentState } from '../../tell/incidents/state.ts';
import { isName, poolOf, targetOf } from '../lookup.ts';
import { readPoolState } from '../stored.ts';
import { readRuleNames } from '../views/holds.ts';
import { findThread } from '../views/why.ts';
import { sayAndWait } from './say.ts';

type SilenceOf = Omit<Extract<ChatCommand, { kind: 'silence' }>, 'kind'>;

/** @throws WeirError 'usage' where it would cover nothing. @returns what was done, in a sentence. */
export async function silence(redis: Redis, config: WeirConfig, wish: SilenceOf, by: string): Promise<string> {
  const { matcher, pools } = await meant(redis, config, wish);
  const { forMs: silenceMs, reason } = wish;
  const wishes = pools.map((pool) => ({ kind: 'silence', pool, matcher, by, reason, silenceMs }) as const);
  await sayAndWait(redis, wishes);
  const open = (await Promise.all(pools.map((pool) => openIncidents(redis, pool)))).flat();
  const covered = open.filter((incident) => matches(matcher, incident)).length;
  const now = covered === 1 ? '1 open incident' : `${covered} open incidents`;
  return `Silenced by ${by} for ${formatDuration(silenceMs)}: ${matcherInWords(matcher)} in ${pools.join(', ')}; it covers ${now} now.`;
}

async function meant(
  redis: Redis,
  config: WeirConfig,
  wish: SilenceOf,
): Promise<{ matcher: Matcher; pools: string[] }> {
  const { about, severity, labels, pool } = wish;
  const rest = { ...(severity !== undefined && { severity }), ...(Object.keys(labels).length > 0 && { labels }) };
  const pools = pool === undefined ? Object.keys(config.pools) : [poolOf(config, pool).name];
  if (about === undefined && pool === undefined && Object.keys(rest).length === 0) {
    throw new WeirError(
      'usage',
      'Say what is to be silenced: an incident, a rule, a target, a severity, a label or a pool.',
    );
  }
  if (about === undefined) return { matcher: rest, pools };
  const thread = isName(config, about) ? undefined : await findThread(redis, config, about);
  if (thread !== undefined) return { matcher: { ...(await ofThread(redis, thread)), ...rest }, pools: [thread.pool] };
  const rules = (await readRuleNames(redis)) ?? [];
  if (rules.includes(about)) return { matcher: { rule: about, ...rest }, pools };
  if (config.pools[about] !== undefined) return { matcher: rest, pools: [about] };
  try {
    const { target, pool: owner } = targetOf(config, about);
    return { matcher: { target, ...rest }, pools: [owner.name] };
  } catch {
    const targets = Object.values(config.pools).flatMap(({ members }) => Object.keys(members));
    const guess = didYouMean(about, [...rules, ...targets, ...Object.keys(config.pools)]);
    throw new WeirError('usage', `There is no incident, rule, pool or member ${about}${guess || '.'}`);
  }
}

/** A matcher for a thread: the rule and the target of one incident, or what several have in common. */
async function ofThread(redis: Redis, { pool, incidents: ids, cause }: Thread): Promise<Matcher> {
  const incidents = await readIncidentsOf(redis, pool, ids);
  const [first] = incidents;
  if (first === undefined) throw new WeirError('usage', 'It has no incident: there is nothing to silence.');
  if (incidents.length === 1) return { rule: first.rule, target: first.target };
  // A thread of a flood has no common rule: everything is meant.
  return incidents.every(({ rule }) => rule === cause) ? { rule: cause } : {};
}

const RECENT = 2_000;

async function openIncidents(redis: Redis, pool: string): Promise<Incident[]> {
  return (await readIncidents(redis, pool, RECENT)).filter(({ resolvedAt }) => resolvedAt === undefined);
}

/** @throws WeirError 'usage' that names the silences that there are. @returns what was done, in a sentence. */
export async function endSilence(redis: Redis, config: WeirConfig, id: string, by: string): Promise<string> {
  const all = await readSilences(redis, config);
  const ended = all.find((candidate) => candidate.id === id);
  if (ended === undefined) {
    const ids = all.map((candidate) => candidate.id).join(', ');
    throw new WeirError('usage', `There is no silence ${id}; ${ids === '' ? 'there is none' : `there are ${ids}`}.`);
  }
  await sayAndWait(redis, [{ kind: 'unsilence', pool: ended.pool, id, by }]);
  return `No longer silenced, by ${by}: ${matcherInWords(ended.matcher)} in ${ended.pool}.`;
}

/** The silences of all pools. */
export async function readSilences(redis: Redis, config: WeirConfig): Promise<Silence[]> {
  const states = await Promise.all(Object.keys(config.pools).map((pool) => readIncidentState(redis, pool)));
  return states.flatMap((incidentState) => Object.values(incidentState?.silences ?? {}));
}

export async function readIncidentState(redis: Redis, pool: string): Promise<IncidentState | undefined> {
  return (await readPoolState(redis, pool))?.incidentState;
}

/** A line for each silence, for people. */
export async function listSilences(redis: Redis, config: WeirConfig): Promise<string[]> {
  const silences = await readSilences(redis, config);
  if (silences.length === 0) return ['Nothing is silenced.'];
  return Promise.all(
    silences.map(async ({ id, pool, matcher, by, reason, until }) => {
      const left = formatDuration(Math.max(0, until - (await brokerTime(redis, pool))));
      return `${id}  ${pool}: ${matcherInWords(matcher)}, for ${left} more, by ${by}: ${reason}`;
    }),
  );
}
