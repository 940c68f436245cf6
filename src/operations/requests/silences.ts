/** A person silences what people are told, ends a silence, and lists those that there are. */

import type { Redis } from 'ioredis';
import { readIncidents, readIncidentsOf } from '../../broker/incidents.ts';
import { KEPT_INCIDENTS } from '../../broker/store.ts';
import { brokerTime } from '../../broker/time/clock.ts';
import { defined } from '../../lib/defined.ts';
import { didYouMean } from '../../lib/text/did-you-mean.ts';
import type { WeirConfig } from '../../model/configuration/config.ts';
import { formatDuration } from '../../model/duration.ts';
import { WeirError } from '../../model/error.ts';
import type { Incident } from '../../model/people/incident.ts';
import { MAX_SILENCE_MS, type Matcher, matcherInWords, matches, type Silence } from '../../model/people/silence.ts';
import type { Thread } from '../../model/people/thread.ts';
import { isSeverity, type Severity } from '../../model/severity.ts';
import type { IncidentState } from '../../tell/incidents/state.ts';
import { isName, poolOf, targetOf } from '../lookup.ts';
import { readPoolState } from '../stored.ts';
import { readRuleNames } from '../views/holds.ts';
import { findThread } from '../views/why.ts';
import { sayAndWait } from './say.ts';
import { checkLimited, type Limited, type Person, type Submit } from './terms.ts';

export interface SilenceWish extends Limited {
  /** An incident, a rule, a target or `pool/target`; absent where severity, labels or pool say enough. */
  readonly about?: string;
  /** Another thing that was named: a silence is about one. */
  readonly also?: string;
  /** As it was written. */
  readonly severity?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pool?: string;
}

/**
 * @throws WeirError 'usage' where the time or the severity is none, there is no reason, or it is about nothing or about two
 * things. What it returns throws 'usage' where it would cover nothing.
 * @returns what was done, in a sentence.
 */
export function silence(config: WeirConfig, wish: SilenceWish, person: Person): Submit<string> {
  checkLimited(wish, { command: 'silence', maxMs: MAX_SILENCE_MS }, person);
  const { about, also, labels, pool, forMs: silenceMs, reason } = wish;
  const severity = severityOf(wish);
  if (also !== undefined) throw new WeirError('usage', `One thing at a time: ${about} or ${also}?`);
  const rest = defined({ severity, labels: Object.keys(labels).length > 0 ? labels : undefined });
  const named = pool === undefined ? Object.keys(config.pools) : [poolOf(config, pool).name];
  if (about === undefined && pool === undefined && Object.keys(rest).length === 0) {
    throw new WeirError(
      'usage',
      'Say what is to be silenced: an incident, a rule, a target, a severity, a label or a pool.',
    );
  }
  const { by } = person;
  return async (redis) => {
    const { matcher, pools } =
      about === undefined ? { matcher: rest, pools: named } : await meant(redis, config, { about, rest, pools: named });
    await sayAndWait(
      redis,
      pools.map((name) => ({ kind: 'silence', pool: name, matcher, by, reason, silenceMs })),
    );
    const open = (await Promise.all(pools.map((name) => openIncidents(redis, name)))).flat();
    const covered = open.filter((incident) => matches(matcher, incident)).length;
    const now = covered === 1 ? '1 open incident' : `${covered} open incidents`;
    return `Silenced by ${by} for ${formatDuration(silenceMs)}: ${matcherInWords(matcher)} in ${pools.join(', ')}; it covers ${now} now.`;
  };
}

function severityOf({ severity }: SilenceWish): Severity | undefined {
  if (severity === undefined || isSeverity(severity)) return severity;
  throw new WeirError('usage', `${severity} is no severity: page, warn and info are.`);
}

/** What a silence of a name covers, besides `rest`; `pools` are those that are meant where the name says none. */
async function meant(
  redis: Redis,
  config: WeirConfig,
  { about, rest, pools }: { readonly about: string; readonly rest: Matcher; readonly pools: string[] },
): Promise<{ matcher: Matcher; pools: string[] }> {
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

async function openIncidents(redis: Redis, pool: string): Promise<Incident[]> {
  return (await readIncidents(redis, pool, KEPT_INCIDENTS)).filter(({ resolvedAt }) => resolvedAt === undefined);
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
