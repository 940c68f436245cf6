/**
 * Messages: what happened, in words for people. Pure. The same thing told twice has the same id, by which a channel
 * sees that it is the same.
 */

import { formatClock } from '../../lib/times.ts';
import type { Decision, Finding } from '../../model/decisions/decision.ts';
import type { Outcome, OutcomeResult } from '../../model/decisions/outcome.ts';
import { formatDuration } from '../../model/duration.ts';
import { decisionId, leaseIdOf } from '../../model/ids.ts';
import { ownerText } from '../../model/owner.ts';
import type { Message } from '../../model/people/message.ts';
import type { Severity } from '../../model/severity.ts';
import { formatValues } from './figures.ts';
import { actionText, refusingRail } from './summary.ts';

interface FindingNewsOptions {
  readonly pool: string;
  /** Broker time in ms. */
  readonly at: number;
  readonly runbook?: string;
  /** Why it is over, where no reading showed that. */
  readonly why?: string;
  /** Who tells; absent: `worker`. */
  readonly from?: string;
}

/** A rule began to fire, is over, or cannot be evaluated any more. */
export function messageOfFinding(
  finding: Finding,
  kind: 'firing' | 'resolved' | 'unknown',
  { pool, at, runbook, why, from = 'worker' }: FindingNewsOptions,
): Message {
  const about = aboutOf(finding, pool);
  const values = formatValues(finding.values);
  const lines: string[] = [];
  if (kind === 'firing') {
    lines.push(`Rule ${finding.rule} fires for ${about} since ${formatClock(finding.since)}.`);
    if (values.length > 0) lines.push(`Seen: ${values.join(', ')}.`);
  } else if (kind === 'resolved') {
    lines.push(why ?? `Rule ${finding.rule} no longer fires for ${about}.`);
  } else {
    const since = finding.unknownSince === undefined ? '' : ` since ${formatClock(finding.unknownSince)}`;
    lines.push(`Nobody can tell${since} whether rule ${finding.rule} holds for ${about}: signals are missing.`);
    if (values.length > 0) lines.push(`Last seen: ${values.join(', ')}.`);
  }
  if (kind !== 'resolved') {
    if (runbook !== undefined) lines.push(`Runbook: ${runbook}`);
    lines.push(
      kind === 'unknown' ? 'Next: `weir status` says which node or Redis is not heard.' : nextOfFinding(finding, pool),
    );
  }
  const episode = finding.episode ?? `${finding.unknownSince ?? finding.since}`;
  const title = finding.title || `${finding.rule}: ${about}`;
  return {
    id: `${decisionId(episode, finding.rule, finding.target)}.${kind}`,
    kind,
    pool,
    severity: finding.severity,
    title:
      kind === 'unknown'
        ? `Not known ${finding.neverKnown === true ? 'yet' : 'any more'}: ${title}`
        : why === undefined
          ? title
          : `${why.replace(/\.$/, '')}: ${title}`,
    lines,
    at,
    from,
  };
}

function aboutOf(finding: Finding, pool: string): string {
  return finding.targetKind === 'pool' ? `pool ${pool}` : `${finding.targetKind} ${finding.target}`;
}

function nextOfFinding(finding: Finding, pool: string): string {
  return finding.targetKind === 'member'
    ? `Next: \`weir why ${pool}/${finding.target}\` says what Weir does about it, or why it does not.`
    : 'Next: `weir status` shows the whole pool.';
}

/** A decision was made: to act, to refuse, to ask, or, in shadow mode, what would have been done. */
export function messageOfDecision(decision: Decision, from = 'worker'): Message {
  const what = actionText(decision);
  const lines: string[] = [];
  if (decision.reason !== '') lines.push(`Reason: ${decision.reason}`);
  lines.push(`Wanted by ${ownerText(decision.by)}.`);
  const values = formatValues(decision.values);
  if (values.length > 0) lines.push(`Seen: ${values.join(', ')}.`);
  const rail = refusingRail(decision);
  let title: string;
  switch (decision.verdict) {
    case 'refuse':
      title = `Refused: ${what} (rail ${rail?.rail ?? 'unknown'})`;
      if (rail !== undefined) lines.push(`The rail ${rail.rail} refused: ${rail.sentence}`);
      break;
    case 'ask':
      title = `Asks for approval: ${what}`;
      if (decision.approval !== undefined) lines.push(...askLines(decision.id, decision.approval));
      break;
    case 'shadow':
      title = `Would ${what} (shadow mode, nothing is done)`;
      break;
    default:
      title = `Acting: ${what}`;
      if (decision.approvedBy !== undefined) lines.push(`Approved by ${decision.approvedBy.join(', ')}.`);
      if (decision.leaseMs !== undefined)
        lines.push(`For ${formatDuration(decision.leaseMs)} at most, unless renewed.`);
      if (decision.nodes.length === 0) lines.push('No node is heard, so nobody was given the job.');
      else lines.push(`Nodes that were given the job: ${decision.nodes.join(', ')}.`);
  }
  lines.push(...decision.rails.filter((rail) => rail.passedBy === 'force').map((rail) => rail.sentence));
  lines.push(`Next: \`weir why ${decision.id}\``);
  return {
    ...about(decision, from),
    id: `${decision.id}.decided`,
    severity: severityOfDecision(decision),
    title,
    lines,
  };
}

function askLines(id: string, { needed, until }: NonNullable<Decision['approval']>): string[] {
  const whose = needed === 1 ? 'one person' : `${needed} people`;
  return [
    `It waits for approval by ${whose} until ${formatClock(until)}; no answer is a no.`,
    `To approve: \`weir approve ${id}\``,
    `To deny: \`weir deny ${id}\``,
  ];
}

/** A decision has ended: verified, unverified, failed or expired. */
export function messageOfClosed(decision: Decision, from = 'worker'): Message {
  const good = decision.state === 'verified';
  const lines = [
    ...(decision.closing === undefined ? [] : [decision.closing]),
    ...decision.outcomes.map((outcome) => `${outcome.node}: ${outcome.result}. ${outcome.detail}`),
    good ? afterwards(decision) : `Next: look at it yourself, \`weir why ${decision.id}\``,
  ];
  return {
    ...about(decision, from),
    id: `${decision.id}.${decision.state}`,
    at: decision.closedAt ?? decision.at,
    kind: 'outcome',
    severity: good ? 'info' : decision.drill ? 'warn' : 'page',
    title: good ? `Verified: ${actionText(decision)}` : `Not done (${decision.state}): ${actionText(decision)}`,
    lines,
  };
}

/** Tells a person what to do who does not want it, or who has to go on. */
function afterwards({ id, action, pool, target, handover, drill }: Decision): string {
  if (drill) return `Next: \`weir why ${id}\` says what each rail would have answered.`;
  if (action === 'remove_orphan_vip') return `Next: find out why keepalived died on ${target}, and start it there.`;
  // Where nothing is held, another failover moves the VIP back.
  const moved = action === 'failover' && handover?.holdMs === undefined;
  return moved ? `Undo: \`weir failover ${pool} --to ${target}\`` : `Undo: \`weir restore ${pool}/${target}\``;
}

/** What a node reports, and how urgent that is. */
const RESULTS: Readonly<Record<OutcomeResult, { readonly title: string; readonly severity: Severity }>> = {
  applied: { title: 'applied', severity: 'info' },
  refused: { title: 'refused by the node', severity: 'warn' },
  failed: { title: 'failed', severity: 'page' },
  expired: { title: 'came too late, nothing was touched', severity: 'warn' },
  reasserted: { title: 'put back: somebody had undone it', severity: 'warn' },
  contested: { title: 'given up: somebody keeps undoing it', severity: 'page' },
  overridden: { title: 'given up: somebody else set another weight', severity: 'warn' },
  released: { title: 'released, because nobody else was serving', severity: 'page' },
  ended: { title: 'over, the weight is as it was', severity: 'info' },
  kept: { title: 'kept past its time, because the member cannot be written to', severity: 'warn' },
};

/** What a node reports of an action, or later of its lease. The decision is absent where it is no longer on record. */
export function messageOfOutcome(decision: Decision | undefined, outcome: Outcome): Message {
  const { title, severity } = RESULTS[outcome.result];
  const what = decision === undefined ? `the hold on ${outcome.member}` : actionText(decision);
  const lines = [outcome.detail];
  if (outcome.weightBefore !== undefined && outcome.weightAfter !== undefined) {
    lines.push(`Weight on ${outcome.node}: ${outcome.weightBefore} before, ${outcome.weightAfter} now.`);
  }
  if (outcome.moved !== undefined && outcome.moved > 0) lines.push(`Producers moved: ${outcome.moved}.`);
  const stuck = outcome.stuck !== undefined && outcome.stuck > 0;
  if (stuck)
    lines.push(`Producers that stay stuck on ${outcome.member}: ${outcome.stuck}. Restart them, or fail over.`);
  const id = leaseIdOf(outcome.decision);
  lines.push(`Next: \`weir why ${id}\``);
  return {
    id: `${outcome.decision}.${outcome.node}.${outcome.result}.${outcome.at}`,
    kind: 'outcome',
    pool: outcome.pool,
    severity: stuck && severity === 'info' ? 'warn' : severity,
    title: `${outcome.node}: ${what} ${title}`,
    lines,
    at: outcome.at,
    from: outcome.node,
  };
}

interface NoticeOptions extends Pick<Message, 'pool' | 'severity' | 'title' | 'at' | 'from'> {
  /** Names the occasion: the same notice told again carries the same key. */
  readonly key: string;
  readonly lines?: readonly string[];
}

/** Something about Weir itself: the broker lost or changed, settling, a lease file that cannot be read. */
export function messageOfNotice({ pool, key, severity, title, lines = [], at, from }: NoticeOptions): Message {
  return { id: `notice.${pool}.${key}`, kind: 'notice', pool, severity, title, lines, at, from };
}

function about(decision: Decision, from: string): Pick<Message, 'kind' | 'pool' | 'at' | 'from'> {
  return { kind: 'decision', pool: decision.pool, at: decision.at, from };
}

function severityOfDecision(decision: Decision): Severity {
  if (decision.drill) return 'info';
  if (decision.rails.some((rail) => rail.passedBy === 'force')) return 'page';
  // Nothing is done until somebody has answered.
  if (decision.verdict === 'ask') return 'page';
  return decision.verdict === 'refuse' || decision.verdict === 'act' ? 'warn' : 'info';
}
