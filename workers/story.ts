/** Why something was done or was not: everything that is known of what a person asks about. */

import type { Redis } from 'ioredis';
import { readIncident, readThread } from '../src/broker/desk.ts';
import { readDecision, readDecisions } from '../src/broker/store.ts';
import type { WeirConfig } from '../src/model/config.ts';
import type { Decision, Finding } from '../src/model/decision.ts';
import { compareEntryIds } from '../src/model/entry.ts';
import { WeirError } from '../src/model/error.ts';
import type { Thread } from '../src/model/incident.ts';
import { formatExplanation } from '../src/tell/text/explain.ts';
import { formatThread } from '../src/tell/text/thread.ts';
import { formatDecision, formatFinding } from '../src/tell/text/why.ts';
import { type Explained, explainTarget } from './explain.ts';
import { targetOf } from './names.ts';
import { readStatus } from './status.ts';

/** Everything that is known of what was asked. */
export interface Story {
  readonly findings: readonly Finding[];
  readonly decisions: readonly Decision[];
  /** What people were told of it. */
  readonly thread?: Thread;
  /** What the rules see now; absent where one decision was asked about. */
  readonly now?: Explained;
}

/** Decisions of a pool that are kept. */
const KEPT = 1_000;

/**
 * What is known of a decision, an incident, a thread (by id), or of a target or a pool (by name).
 * @throws WeirError 'usage' that names what there is.
 */
export async function storyOf(redis: Redis, config: WeirConfig, asked: Asked): Promise<Story> {
  // An id begins with the id of its entry; a name never looks like that.
  const isId = /^(\d+-\d+|\d+|notice)\./.test(asked.about);
  return isId ? storyOfId(redis, config, asked.about) : storyOfTarget(redis, config, asked);
}

/** A decision; or what a firing finding is called in messages, with what was decided for it. */
async function storyOfId(redis: Redis, config: WeirConfig, id: string): Promise<Story> {
  const pools = Object.keys(config.pools);
  const found = (await Promise.all(pools.map((pool) => readDecision(redis, pool, id)))).filter(
    (one) => one !== undefined,
  );
  if (found.length > 0) return { decisions: found, findings: [] };
  const thread = await findThread(redis, config, id);
  for (const { name, findings } of (await readStatus(redis, config)).pools) {
    const finding = findings.find((one) => `${one.episode}.${one.rule}.${one.target}` === id);
    if (finding?.episode === undefined) continue;
    const { episode, rule, target } = finding;
    const decisions = (await readDecisions(redis, name, KEPT)).filter(
      (one) => one.rule === rule && one.target === target && compareEntryIds(one.id.split('.')[0] ?? '', episode) >= 0,
    );
    return { decisions, findings: [finding], ...(thread && { thread }) };
  }
  if (thread !== undefined) return { decisions: [], findings: [], thread };
  throw new WeirError(
    'usage',
    `There is no decision and no incident ${id}: the last ${KEPT} decisions and 2000 incidents of every pool are kept.`,
  );
}

/** The thread of this id, or the one that tells of the incident of this id. */
export async function findThread(redis: Redis, config: WeirConfig, id: string): Promise<Thread | undefined> {
  for (const pool of Object.keys(config.pools)) {
    const incident = await readIncident(redis, pool, id);
    const thread = await readThread(redis, pool, incident?.thread ?? id);
    if (thread !== undefined) return thread;
  }
  return undefined;
}

export interface Asked {
  readonly about: string;
  readonly rule: string | undefined;
  /** Decisions, newest first. */
  readonly count: number;
}

async function storyOfTarget(redis: Redis, config: WeirConfig, { about, rule, count }: Asked): Promise<Story> {
  const { pool, target } = targetOf(config, about);
  const mine = (one: { rule: string }) => rule === undefined || one.rule === rule;
  const explained = await explainTarget(redis, config, pool.name, target);
  const decisions = (await readDecisions(redis, pool.name, KEPT)).filter((one) => one.target === target && mine(one));
  const status = await readStatus(redis, config);
  const findings = status.pools.find((one) => one.name === pool.name)?.findings ?? [];
  return {
    decisions: decisions.slice(0, count),
    findings: findings.filter((one) => one.target === target && mine(one)),
    now: { ...explained, explanations: explained.explanations.filter(mine) },
  };
}

/** For a terminal, and for a message. */
export function storyText({ findings, decisions, thread, now }: Story, about: string): string {
  const parts = [
    ...findings.map(formatFinding),
    ...(thread === undefined ? [] : [formatThread(thread)]),
    ...decisions.map(formatDecision),
  ];
  if (now !== undefined && now.explanations.length > 0) {
    const head = `What the rules see of ${about} now (rule set ${now.ruleSetHash?.slice(0, 12)})`;
    parts.push([head, ...now.explanations.map((one) => formatExplanation(one, now.now))].join('\n'));
  }
  if (decisions.length === 0 && findings.length === 0 && thread === undefined) {
    parts.unshift(`Nothing was decided about ${about}, and no rule finds anything.`);
  }
  return parts.join('\n\n');
}
