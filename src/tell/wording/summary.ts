/** Sums up a pool's status in a word and a sentence. Page, terminal and messages say it the same way. Pure. */

import { formatWhen } from '../../lib/times.ts';
import type { Decision, Finding } from '../../model/decisions/decision.ts';
import type { RailVerdict } from '../../model/decisions/verdict.ts';
import { formatDuration } from '../../model/duration.ts';
import type { ObserverStatus, PoolStatus } from '../../model/people/status.ts';
import { OBSERVER_KEPT_MS } from '../../model/readings/reading.ts';
import type { ConsumerSignals, DirectorSignals, MemberSignals, PoolSignals } from '../../model/readings/signals.ts';
import { compareSeverities } from '../../model/severity.ts';
import { type Level, SEVERITY_LEVEL } from './levels.ts';

/** A level with its word or sentence. */
export interface Summary {
  readonly level: Level;
  readonly text: string;
}

/** Nobody decides any more where the last evaluation is older than this when the status is read. In ms. */
const EVALUATION_LATE_MS = 10_000;

export interface SortedFindings {
  /** Worst first, then oldest first. Muted ones come last. */
  readonly firing: readonly Finding[];
  readonly pending: readonly Finding[];
  /** Rules of which nobody knows whether they fire. */
  readonly unknown: readonly Finding[];
}

export function sortFindings(findings: readonly Finding[]): SortedFindings {
  const sorted = [...findings].sort(
    (a, b) =>
      Number(a.muted) - Number(b.muted) ||
      compareSeverities(a.severity, b.severity) ||
      a.since - b.since ||
      a.rule.localeCompare(b.rule) ||
      a.target.localeCompare(b.target),
  );
  return {
    firing: sorted.filter((finding) => finding.phase === 'firing'),
    pending: sorted.filter((finding) => finding.phase === 'pending'),
    unknown: sorted.filter((finding) => finding.phase === 'inactive' && finding.unknownSince !== undefined),
  };
}

/** The one sentence about a pool: the worst that is true of it, if anything is. `now` is broker time in ms. */
export function summarizePool(pool: PoolStatus, now: number): Summary {
  if (pool.evaluatedAt === undefined) {
    return { level: 'unknown', text: 'Nothing evaluated yet: no node has sent a reading that was evaluated.' };
  }
  const lateMs = now - pool.evaluatedAt;
  if (lateMs > EVALUATION_LATE_MS) {
    const text = `Nothing evaluated for ${formatDuration(lateMs)}: what stands here is old. Is a worker running?`;
    return { level: 'bad', text };
  }
  const firing = sortFindings(pool.findings).firing.filter((finding) => !finding.muted);
  const worst = firing[0];
  if (worst !== undefined) {
    const more = firing.length === 1 ? '' : ` (and ${firing.length - 1} more)`;
    return { level: SEVERITY_LEVEL[worst.severity], text: `${worst.title}${more}` };
  }
  const { vrrp, masters } = pool.facts.pool;
  // This is not bad yet: a change of MASTER looks like this for a moment. A rule says when it lasts.
  if (vrrp === 'DUAL') return { level: 'warn', text: `${masters} nodes hold the VIP. ${servingText(pool)}` };
  if (vrrp === 'NO_MASTER') return { level: 'warn', text: `No node holds the VIP. ${servingText(pool)}` };
  if (pool.facts.pool.master_fresh !== true) {
    return { level: 'unknown', text: `No fresh node says that it is MASTER. ${servingText(pool)}` };
  }
  const { serving_members: serving, members } = pool.facts.pool;
  return { level: serving === members ? 'good' : 'warn', text: `No finding. ${servingText(pool)}` };
}

/** Says in a word who has the VIP: one node (OK), several (DUAL), none (NO_MASTER). */
export function summarizeVrrp({ vrrp }: PoolSignals): Summary {
  if (vrrp === undefined) return { level: 'unknown', text: 'unknown' };
  return { level: vrrp === 'OK' ? 'good' : 'bad', text: vrrp };
}

/** "2 of 2 members serving." */
export function servingText(pool: PoolStatus): string {
  const { serving_members: serving, members = Object.keys(pool.facts.members).length } = pool.facts.pool;
  if (serving === undefined) return `How many of ${members} members serve is not known.`;
  const unknown = unknownMembers(pool);
  const also = unknown.length === 0 ? '' : `; not known: ${unknown.join(' and ')}`;
  return `${serving} of ${members} members serving${also}.`;
}

/** Counts members with a weight of which nobody knows whether they take logs: they may serve. */
export function unknownMembers({ facts }: PoolStatus): string[] {
  return Object.entries(facts.members)
    .filter(([, one]) => isUnknown(one) && one.listed === true && one.weight !== 0)
    .map(([name]) => name);
}

/** It answers, and Weir may not, or cannot, see whether it takes writes. */
function isUnknown({ answering, writable }: MemberSignals): boolean {
  return answering === true && writable === undefined;
}

/** The state of one member: the worst that is true of it. */
export function summarizeMember(member: MemberSignals): Summary {
  const { answering, full, writable, refusal, listed, held, filling, weight, locked_out: by } = member;
  if (answering === undefined && writable === undefined) return { level: 'unknown', text: 'not seen' };
  if (answering === false) return { level: 'bad', text: 'no answer' };
  if (full === true) return { level: 'bad', text: 'full, refuses writes' };
  if (isUnknown(member)) {
    return { level: 'unknown', text: by ? `not known, keeps Weir out (${by})` : 'not known whether it takes logs' };
  }
  if (writable === false) return { level: 'bad', text: `refuses writes${refusal ? ` (${refusal})` : ''}` };
  if (listed === undefined) return { level: 'unknown', text: 'table unknown' };
  if (listed === false) return { level: 'bad', text: 'not in the table' };
  if (weight === 0) return held ? { level: 'note', text: 'drained by Weir' } : { level: 'warn', text: 'weight 0' };
  if (filling === true) return { level: 'warn', text: 'filling' };
  if (held === true) return { level: 'note', text: 'held by Weir' };
  return { level: 'good', text: 'serving' };
}

/** The VRRP state of one director. */
export function summarizeDirector(director: DirectorSignals): Summary {
  const { state, keepalived, handover = 0 } = director;
  if (state === undefined) {
    return keepalived === false ? { level: 'bad', text: 'keepalived is dead' } : { level: 'unknown', text: 'not seen' };
  }
  // A state that people asked for is no fault.
  if (handover !== 0 && state !== 'MASTER') return { level: 'note', text: `${state}, kept off the VIP` };
  if (state === 'MASTER' || state === 'BACKUP') return { level: 'good', text: state };
  return { level: state === 'INIT' ? 'warn' : 'bad', text: state };
}

export function summarizeConsumer(consumer: ConsumerSignals): Summary {
  if (consumer.answering === true) return { level: 'good', text: 'answering' };
  return consumer.answering === false ? { level: 'bad', text: 'no answer' } : { level: 'unknown', text: 'not seen' };
}

/** Returns the rail that refused, if one did. */
export function refusingRail(decision: Decision): RailVerdict | undefined {
  return decision.rails.findLast((rail) => !rail.pass);
}

/** "drain b", "set_weight b to 30", "failover a to b (hard)". */
export function actionText(decision: Pick<Decision, 'action' | 'target' | 'weight' | 'handover' | 'drill'>): string {
  const { drill, ...rest } = decision;
  if (drill) return `${actionText(rest)} (a drill, nothing is changed)`;
  const { action, target, weight, handover } = decision;
  if (handover !== undefined) return `${action} ${target} to ${handover.to} (${handover.way})`;
  return action === 'set_weight' && weight !== undefined ? `set_weight ${target} to ${weight}` : `${action} ${target}`;
}

/** Says in one sentence why it ended: the rail that refused, else what closed it, else the last report of a node. */
export function decisionSentence(decision: Decision): string {
  const rail = refusingRail(decision);
  if (rail !== undefined) return `${rail.rail}: ${rail.sentence}`;
  if (decision.verdict === 'shadow') return 'Every rail passed; in shadow mode nothing is done.';
  if (decision.verdict === 'ask') return decision.closing ?? 'Every rail passed; it waits for a yes.';
  if (decision.closing !== undefined) return decision.closing;
  const last = decision.outcomes.at(-1);
  if (last !== undefined) return `${last.node}: ${last.detail}`;
  return decision.nodes.length === 0 ? 'No node could be given the job.' : `Waits for ${decision.nodes.join(', ')}.`;
}

/** "settling for 40 s more"; undefined when the pool has settled. */
export function settlingText(pool: PoolStatus, now: number): string | undefined {
  if (pool.settlesAt === undefined || pool.settlesAt <= now) return undefined;
  return `settling for ${formatDuration(pool.settlesAt - now)} more`;
}

/** Says in sentences what observers cannot see or do. */
export function observerTroubles(pool: PoolStatus, now: number): string[] {
  return pool.observers.flatMap((observer) => {
    const troubles = observer.troubles.map((trouble) => `${observer.name}: ${trouble}`);
    if (observer.fresh) return troubles;
    const program = observer.node ? '`weir node`' : '`weir worker`';
    const silence =
      observer.at === undefined
        ? `${observer.name} has not been heard yet: is ${program} running there, and does it reach the broker?`
        : `${observer.name} has been silent for ${formatDuration(now - observer.at)}, since ${formatWhen(observer.at, now)}: look at ${program} there, and at its way to the broker.${retiredText(observer, now)}`;
    return [silence, ...troubles];
  });
}

/** A worker goes by the name of its host, and may have been ended for good; a node stands in weir.yaml. */
function retiredText({ node, at = 0 }: ObserverStatus, now: number): string {
  if (node) return '';
  const forgottenAt = formatWhen(at + OBSERVER_KEPT_MS, now);
  return ` Was it ended on purpose, or runs under another name now, nothing is to be done: it is forgotten at ${forgottenAt}.`;
}
