/** Why something was done or was not: everything that is known about what a person asks for. */

import type { Redis } from 'ioredis';
import { readIncident, readThread } from '../../broker/incidents.ts';
import { KEPT_DECISIONS, KEPT_INCIDENTS, readDecision, readDecisions } from '../../broker/store.ts';
import { dictionary } from '../../lib/dictionary.ts';
import type { WeirConfig } from '../../model/configuration/config.ts';
import { type Mode, modeInWords } from '../../model/configuration/mode.ts';
import type { Decision, Finding } from '../../model/decisions/decision.ts';
import { WeirError } from '../../model/error.ts';
import { compareEntryIds } from '../../model/ids.ts';
import { episodeOf } from '../../model/people/incident.ts';
import type { Thread } from '../../model/people/thread.ts';
import { formatExplanation } from '../../tell/terminal/explain.ts';
import { formatThread } from '../../tell/terminal/thread.ts';
import { formatDecision, formatFinding, type RuleView } from '../../tell/terminal/why.ts';
import { isName, targetOf } from '../lookup.ts';
import { readableRules } from '../rules-in-force.ts';
import { type Explained, explainTarget } from './explain.ts';
import { readStatus } from './status.ts';

export interface Story {
  readonly findings: readonly Finding[];
  readonly decisions: readonly Decision[];
  /** What people were told about it. */
  readonly thread?: Thread;
  /** What the rules see now; absent where the question is about one decision. */
  readonly now?: Explained;
  /** The rules of the findings, by name, as they stand in force. */
  readonly rules: Readonly<Record<string, RuleView>>;
}

/**
 * Finds what is known about a decision, an incident or a thread (by id), or about a target or a pool (by name).
 * @throws WeirError 'usage' that names what there is.
 */
export async function storyOf(redis: Redis, config: WeirConfig, asked: Question): Promise<Story> {
  const found = await findStory(redis, config, asked);
  return { ...found, rules: found.findings.length === 0 ? {} : await rulesOf(redis, found.mode ?? config.policy.mode) };
}

/** @param policy policy.mode as it holds for the pool. */
async function rulesOf(redis: Redis, policy: Mode): Promise<Story['rules']> {
  const { ruleSet: { rules } = { rules: [] } } = (await readableRules(redis)) ?? {};
  return dictionary(
    rules.map(({ name, steps, mode }) => [name, { steps: steps.length, mode: modeInWords(mode, policy) }]),
  );
}

type Found = Omit<Story, 'rules'> & {
  /** policy.mode as it holds for the pool that it is about. */
  readonly mode?: Mode;
};

async function findStory(redis: Redis, config: WeirConfig, asked: Question): Promise<Found> {
  // The id of a decision begins with that of its entry, and no name looks like that. The id of an incident may be a name.
  const isLong = /^(\d+-\d+|\d+|notice)\./.test(asked.about);
  const short = isName(config, asked.about) ? undefined : shortIdOf(asked.about);
  const id = isLong ? asked.about : short;
  return id === undefined ? storyOfTarget(redis, config, asked) : storyOfId(redis, config, id);
}

/** The story of a decision; or of an incident, with its finding and its decisions. */
async function storyOfId(redis: Redis, config: WeirConfig, id: string): Promise<Found> {
  const pools = Object.keys(config.pools);
  const named = (await Promise.all(pools.map((pool) => readDecision(redis, pool, id)))).filter(
    (decision) => decision !== undefined,
  );
  if (named.length > 0) return { decisions: named, findings: [] };
  const thread = await findThread(redis, config, id);
  const incidents = await Promise.all(pools.map((pool) => readIncident(redis, pool, id)));
  const incident = incidents.find((candidate) => candidate !== undefined);
  const findingId = (incident && `${episodeOf(incident)}.${incident.rule}.${incident.target}`) ?? id;
  for (const { name, findings, mode } of (await readStatus(redis, config)).pools) {
    if (incident !== undefined && incident.pool !== name) continue;
    const isAsked = (finding: Finding) => `${finding.episode}.${finding.rule}.${finding.target}` === findingId;
    const finding = findings.find(isAsked);
    if (finding?.episode === undefined) continue;
    const { episode, rule, target } = finding;
    const isOfEpisode = (decision: Decision) => compareEntryIds(decision.id.split('.')[0] ?? '', episode) >= 0;
    const decisions = (await readDecisions(redis, name, KEPT_DECISIONS)).filter(
      (decision) => decision.rule === rule && decision.target === target && isOfEpisode(decision),
    );
    return { decisions, findings: [finding], mode, ...(thread && { thread }) };
  }
  if (thread !== undefined) return { decisions: [], findings: [], thread };
  throw new WeirError(
    'usage',
    `There is no decision and no incident ${id}: the last ${KEPT_DECISIONS} decisions and ${KEPT_INCIDENTS} incidents of every pool are kept.`,
  );
}

/** The id of an incident as Weir writes it, also where a phone began it with a capital; undefined for another text. */
function shortIdOf(typed: string): string | undefined {
  const id = typed.toLowerCase();
  return /^[a-z0-9-]+-\d+$/.test(id) ? id : undefined;
}

/** The thread of this id, or the thread of the incident of this id. */
export async function findThread(redis: Redis, config: WeirConfig, typed: string): Promise<Thread | undefined> {
  const id = shortIdOf(typed) ?? typed;
  for (const pool of Object.keys(config.pools)) {
    const incident = await readIncident(redis, pool, id);
    const thread = await readThread(redis, pool, incident?.thread ?? id);
    if (thread !== undefined) return thread;
  }
  return undefined;
}

export interface Question {
  readonly about: string;
  readonly rule: string | undefined;
  /** So many decisions, newest first. */
  readonly count: number;
}

async function storyOfTarget(redis: Redis, config: WeirConfig, { about, rule, count }: Question): Promise<Found> {
  const { pool, target } = targetOf(config, about);
  const mine = (about: { rule: string }) => rule === undefined || about.rule === rule;
  const explained = await explainTarget(redis, config, pool.name, target);
  const decisions = (await readDecisions(redis, pool.name, KEPT_DECISIONS)).filter(
    (decision) => decision.target === target && mine(decision),
  );
  const status = await readStatus(redis, config);
  const { findings = [], mode = config.policy.mode } = status.pools.find(({ name }) => name === pool.name) ?? {};
  return {
    decisions: decisions.slice(0, count),
    findings: findings.filter((finding) => finding.target === target && mine(finding)),
    mode,
    now: { ...explained, explanations: explained.explanations.filter(mine) },
  };
}

/** For a terminal, and for a message. */
export function storyText({ findings, decisions, thread, now, rules }: Story, about: string): string {
  const parts = [
    ...findings.map((finding) => formatFinding(finding, rules[finding.rule])),
    ...(thread === undefined ? [] : [formatThread(thread)]),
    ...decisions.map(formatDecision),
  ];
  if (now !== undefined && now.explanations.length > 0) {
    const head = `What the rules see of ${about} now (rule set ${now.ruleSetHash?.slice(0, 12)})`;
    parts.push([head, ...now.explanations.map((explanation) => formatExplanation(explanation, now.now))].join('\n'));
  }
  if (decisions.length === 0 && findings.length === 0 && thread === undefined) {
    parts.unshift(`Nothing was decided about ${about}, and no rule finds anything.`);
  }
  return parts.join('\n\n');
}
