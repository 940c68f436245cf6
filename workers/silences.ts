/** Silences and acknowledgements, as terminal and Slack ask for them. */

import type { Redis } from 'ioredis';
import { readIncidents, readIncidentsOf } from '../src/broker/desk.ts';
import { readDecision, readState } from '../src/broker/store.ts';
import type { WeirConfig } from '../src/model/config.ts';
import { formatDuration } from '../src/model/duration.ts';
import { WeirError } from '../src/model/error.ts';
import {
  type Incident,
  type Matcher,
  matcherInWords,
  matches,
  type Silence,
  type Thread,
} from '../src/model/incident.ts';
import { didYouMean } from '../src/nearest.ts';
import type { Desk } from '../src/tell/desk/desk.ts';
import type { Wish } from '../src/tell/talk/wish.ts';
import { sayAndWait } from './ask.ts';
import { readRuleNames } from './holds.ts';
import { poolOf, targetOf } from './names.ts';
import { brokerTime } from './show.ts';
import { findThread } from './story.ts';

type SilenceOf = Omit<Extract<Wish, { kind: 'silence' }>, 'kind'>;

/** @throws WeirError 'usage' where it would cover nothing. @returns what was done, in a sentence. */
export async function silence(redis: Redis, config: WeirConfig, wish: SilenceOf, by: string): Promise<string> {
  const { matcher, pools } = await meant(redis, config, wish);
  const { forMs: silenceMs, reason } = wish;
  for (const pool of pools) await sayAndWait(redis, { kind: 'silence', pool, matcher, by, reason, silenceMs });
  const open = (await Promise.all(pools.map((pool) => openIncidents(redis, pool)))).flat();
  const covered = open.filter((one) => matches(matcher, one)).length;
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
  const thread = await findThread(redis, config, about);
  if (thread !== undefined) return { matcher: { ...(await ofThread(redis, thread)), ...rest }, pools: [thread.pool] };
  const rules = (await readRuleNames(redis)) ?? [];
  if (rules.includes(about)) return { matcher: { rule: about, ...rest }, pools };
  if (config.pools[about] !== undefined) return { matcher: rest, pools: [about] };
  try {
    const found = targetOf(config, about);
    return { matcher: { target: found.target, ...rest }, pools: [found.pool.name] };
  } catch {
    const targets = Object.values(config.pools).flatMap((one) => Object.keys(one.members));
    const guess = didYouMean(about, [...rules, ...targets, ...Object.keys(config.pools)]);
    throw new WeirError('usage', `There is no incident, rule, pool or member ${about}${guess || '.'}`);
  }
}

/** Of one incident its rule and its target; of several what they have in common. */
async function ofThread(redis: Redis, { pool, incidents: ids, cause }: Thread): Promise<Matcher> {
  const incidents = await readIncidentsOf(redis, pool, ids);
  const [first] = incidents;
  if (first === undefined) throw new WeirError('usage', 'It has no incident: there is nothing to silence.');
  if (incidents.length === 1) return { rule: first.rule, target: first.target };
  // Of what was too much at once everything is meant.
  return incidents.every(({ rule }) => rule === cause) ? { rule: cause } : {};
}

const RECENT = 2_000;

async function openIncidents(redis: Redis, pool: string): Promise<Incident[]> {
  return (await readIncidents(redis, pool, RECENT)).filter(({ resolvedAt }) => resolvedAt === undefined);
}

/** @throws WeirError 'usage' that names those that there are. */
export async function endSilence(redis: Redis, config: WeirConfig, id: string, by: string): Promise<string> {
  const all = await readSilences(redis, config);
  const found = all.find((one) => one.id === id);
  if (found === undefined) {
    const known = all.map((one) => one.id).join(', ');
    throw new WeirError(
      'usage',
      `There is no silence ${id}; ${known === '' ? 'there is none' : `there are ${known}`}.`,
    );
  }
  await sayAndWait(redis, { kind: 'unsilence', pool: found.pool, id, by });
  return `No longer silenced, by ${by}: ${matcherInWords(found.matcher)} in ${found.pool}.`;
}

/** Of every pool. */
export async function readSilences(redis: Redis, config: WeirConfig): Promise<Silence[]> {
  const found = await Promise.all(Object.keys(config.pools).map((pool) => readDesk(redis, pool)));
  return found.flatMap((desk) => Object.values(desk?.silences ?? {}));
}

export async function readDesk(redis: Redis, pool: string): Promise<Desk | undefined> {
  const stored = await readState(redis, pool);
  return stored?.deskJson === undefined ? undefined : (JSON.parse(stored.deskJson) as Desk);
}

/** A line each. */
export async function listSilences(redis: Redis, config: WeirConfig): Promise<string[]> {
  const [silences, now] = await Promise.all([readSilences(redis, config), brokerTime(redis)]);
  if (silences.length === 0) return ['Nothing is silenced.'];
  return silences.map(
    ({ id, pool, matcher, by, reason, until }) =>
      `${id}  ${pool}: ${matcherInWords(matcher)}, for ${formatDuration(Math.max(0, until - now))} more, by ${by}: ${reason}`,
  );
}

/**
 * Without an incident: a person has looked at what Weir did, in every pool, or in the one that is named.
 * @throws WeirError 'usage' for what there is not, or is over.
 */
export async function acknowledge(
  redis: Redis,
  config: WeirConfig,
  about: string | undefined,
  by: string,
): Promise<string> {
  const pools = await poolsOf(redis, config, about);
  if (pools !== undefined) {
    for (const pool of pools) await sayAndWait(redis, { kind: 'ack', pool, by });
    return `Acknowledged: ${pools.join(', ')}. Budgets are not given back.`;
  }
  const thread = await findThread(redis, config, about ?? '');
  if (thread === undefined) {
    const guess = didYouMean(about ?? '', Object.keys(config.pools)) || '.';
    throw new WeirError('usage', `There is no pool, decision or incident ${about}${guess}`);
  }
  if (thread.closedAt !== undefined) throw new WeirError('usage', `It is over already: ${thread.title}`);
  if (thread.acked !== undefined) throw new WeirError('usage', `${thread.acked.by} has it already: ${thread.title}`);
  await sayAndWait(redis, { kind: 'ack', pool: thread.pool, by, incident: thread.id });
  return `${by} has it: ${thread.title}. It is not escalated any more.`;
}

/** Every pool, the one that is named, or the one of a decision; undefined where it is an incident. */
async function poolsOf(redis: Redis, config: WeirConfig, about: string | undefined): Promise<string[] | undefined> {
  const names = Object.keys(config.pools);
  if (about === undefined) return names;
  if (config.pools[about] !== undefined) return [about];
  const decisions = await Promise.all(names.map((pool) => readDecision(redis, pool, about)));
  const found = decisions.find((decision) => decision !== undefined);
  return found && [found.pool];
}
