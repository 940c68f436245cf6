/** A person acknowledges an incident, or trusts a pool's rules again. */

import type { Redis } from 'ioredis';
import { readThreads } from '../../broker/incidents.ts';
import { KEPT_INCIDENTS, readDecision } from '../../broker/store.ts';
import { didYouMean } from '../../lib/text/did-you-mean.ts';
import { formatIso } from '../../lib/times.ts';
import type { WeirConfig } from '../../model/configuration/config.ts';
import { WeirError } from '../../model/error.ts';
import type { Thread } from '../../model/people/thread.ts';
import { poolOf } from '../lookup.ts';
import { findThread } from '../views/why.ts';
import { sayAndWait } from './say.ts';
import { readIncidentState } from './silences.ts';

/**
 * Acknowledges an incident: it is the person's from now on. The whole thread is, because threads are escalated.
 * @param about left out: nothing is done, and what nobody has is listed
 * @returns what was done, in a sentence.
 * @throws WeirError 'usage' where there is no such open incident: it names what may be meant, or what is open.
 */
export async function acknowledge(
  redis: Redis,
  config: WeirConfig,
  about: string | undefined,
  by: string,
): Promise<string> {
  if (about === undefined) return (await listOpen(redis, config)).join('\n');
  const thread = await findThread(redis, config, about);
  if (thread?.kind !== 'incident') throw new WeirError('usage', await noIncident(redis, config, about));
  if (thread.closedAt !== undefined) throw new WeirError('usage', `It is over already: ${thread.title}`);
  if (thread.acked !== undefined)
    throw new WeirError('usage', `${thread.acked.by} has acknowledged it already: ${thread.title}`);
  await sayAndWait(redis, [{ kind: 'ack', pool: thread.pool, by, incident: thread.id }]);
  return `Acknowledged by ${by}: ${thread.title}. It is no longer escalated.`;
}

/** @throws WeirError 'usage' where there is no such pool. @returns what was done, in a sentence. */
export async function trust(redis: Redis, config: WeirConfig, pool: string, by: string): Promise<string> {
  const { name } = poolOf(config, pool);
  await sayAndWait(redis, [{ kind: 'ack', pool: name, by }]);
  return `${by} trusts the rules of pool ${name} again: block and breaker are over. Budgets are not given back.`;
}

/** A sentence names so many incidents. */
const NAMED = 5;

/** Threads of incidents that are open and that nobody has. */
async function openThreads(redis: Redis, config: WeirConfig): Promise<Thread[]> {
  const all = await Promise.all(Object.keys(config.pools).map((pool) => readThreads(redis, pool, KEPT_INCIDENTS)));
  const isOpen = ({ kind, closedAt, acked }: Thread) => {
    return kind === 'incident' && closedAt === undefined && acked === undefined;
  };
  return all.flat().filter(isOpen);
}

const NONE_OPEN = 'Every open incident is acknowledged.';

/** A line for each, for people. */
async function listOpen(redis: Redis, config: WeirConfig): Promise<string[]> {
  const open = await openThreads(redis, config);
  if (open.length === 0) return [NONE_OPEN];
  return open.map(({ id, severity, title, openedAt }) => `${id}  ${severity} since ${formatIso(openedAt)}: ${title}`);
}

async function openOnes(redis: Redis, config: WeirConfig): Promise<string> {
  const open = await openThreads(redis, config);
  if (open.length === 0) return NONE_OPEN;
  const named = open.slice(0, NAMED).map(({ id, title }) => `${id} (${title})`);
  const more = open.length > NAMED ? ` and ${open.length - NAMED} more` : '';
  return `Not acknowledged yet: ${named.join(', ')}${more}.`;
}

/** Says what was named instead of an incident, and the command that may have been meant. */
async function noIncident(redis: Redis, config: WeirConfig, about: string): Promise<string> {
  const trusting = (pool: string) => `To let rules act again after block or breaker: \`weir trust ${pool}\`.`;
  if (config.pools[about] !== undefined) {
    return `${about} is a pool, and no incident. ${trusting(about)} ${await openOnes(redis, config)}`;
  }
  for (const pool of Object.keys(config.pools)) {
    if ((await readDecision(redis, pool, about)) === undefined) continue;
    const threadId = (await readIncidentState(redis, pool))?.decisions[about];
    const thread = threadId === undefined ? undefined : await findThread(redis, config, threadId);
    const incident = thread?.kind === 'incident' ? ` Its incident: \`weir ack ${thread.id}\`.` : '';
    return `${about} is a decision, and no incident.${incident} ${trusting(pool)}`;
  }
  const guess = didYouMean(about, Object.keys(config.pools)) || '.';
  return `There is no incident ${about}${guess} ${await openOnes(redis, config)}`;
}
