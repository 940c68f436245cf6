/** `weir why`: the story of one decision or finding, from what was recorded. */

import { oneLine } from '../../lib/text/plain-text.ts';
import { formatIso } from '../../lib/times.ts';
import type { Decision, Finding, NodeOutcome } from '../../model/decisions/decision.ts';
import type { RailVerdict } from '../../model/decisions/verdict.ts';
import { formatDuration } from '../../model/duration.ts';
import { ownerText, ruleOf } from '../../model/owner.ts';
import { formatValues } from '../wording/figures.ts';
import { decisionLevel, decisionWord, SEVERITY_LEVEL, SIGN } from '../wording/levels.ts';
import { actionText, decisionSentence, refusingRail } from '../wording/summary.ts';

/** Pure; times are local ISO with seconds; no newline at the end. */
export function formatDecision(decision: Decision): string {
  const rail = refusingRail(decision);
  const ended = decision.closedAt ?? decision.at;
  const byRule = ruleOf(decision.by) !== undefined;
  return [
    `${SIGN[decisionLevel(decision)]} ${decisionWord(decision)}: ${oneLine(actionText(decision))} in pool ${oneLine(decision.pool)}`,
    `  ${formatIso(decision.at)}  decision ${decision.id}`,
    ...block('Why', [
      `Wanted by ${oneLine(ownerText(decision.by))}${decision.reason === '' ? '.' : `: ${oneLine(decision.reason)}`}`,
      ...(decision.leaseMs === undefined
        ? []
        : [`Lease: ${formatDuration(decision.leaseMs)}${byRule ? ', renewed while the reason holds' : ''}.`]),
    ]),
    ...block('What was seen', formatValues(decision.values).map(oneLine)),
    ...block(
      `Rails (${rail === undefined ? 'all passed' : `${oneLine(rail.rail)} refused`})`,
      decision.rails.map(railLine),
    ),
    ...block('What people said', answerLines(decision)),
    ...block('What was done', doneLines(decision)),
    ...(decision.closing === undefined
      ? []
      : block('How it ended', [`${formatIso(ended)}  ${decision.state}: ${oneLine(decision.closing)}`])),
    ...block(
      'Afterwards',
      decision.history.map((news) => outcomeLine(news, decision.at)),
    ),
    ...block(`The rule as it stood (rule set ${decision.ruleSetHash.slice(0, 12)})`, ruleLines(decision.ruleText)),
  ].join('\n');
}

/** What a finding's rule may do, as it stands in the rules in force. */
export interface RuleView {
  /** How many actions it has, one after the other; 0: it only tells. */
  readonly steps: number;
  /** The mode that holds, in words. */
  readonly mode: string;
}

/** Pure; no newline at the end. @param rule absent where its rule is not in force. */
export function formatFinding(finding: Finding, rule?: RuleView): string {
  const level = finding.phase === 'firing' ? SEVERITY_LEVEL[finding.severity] : 'note';
  const phase = finding.phase === 'firing' ? `FIRING ${finding.severity}` : finding.phase;
  const target = finding.targetKind === 'pool' ? `pool ${finding.target}` : `${finding.targetKind} ${finding.target}`;
  const unknown = finding.unknownSince;
  return [
    `${SIGN[level]} ${phase}: ${oneLine(finding.title || finding.rule)}`,
    `  ${formatIso(finding.since)}  rule ${oneLine(finding.rule)}, ${oneLine(target)}`,
    ...(finding.muted ? [`  Not told to people: ${muterOf(finding)}.`] : []),
    ...(unknown === undefined ? [] : [unknownLine(unknown, finding.neverKnown)]),
    ...block('What was seen', formatValues(finding.values).map(oneLine)),
    ...block('What Weir does about it', nextLines(finding, rule)),
  ].join('\n');
}

function unknownLine(since: number, neverKnown: true | undefined): string {
  if (neverKnown === true)
    return `  Its value is not known yet, looked for since ${formatIso(since)}: signals are missing.`;
  return `  Its value is not known since ${formatIso(since)}: signals are missing.`;
}

function muterOf({ outBy, target }: Finding): string {
  if (outBy === undefined) return 'another firing rule mutes it';
  return `${oneLine(outBy.by)} has ${oneLine(target)} out of service until ${formatIso(outBy.until)}`;
}

function nextLines(finding: Finding, rule: RuleView | undefined): string[] {
  if (finding.phase !== 'firing') return [];
  if (finding.openDecision !== undefined) return [`It acts: decision ${finding.openDecision}.`];
  if (rule?.steps === 0) return ['Its rule has no actions: it only tells.'];
  if (finding.nextStep === undefined || finding.nextStep >= (rule?.steps ?? Number.POSITIVE_INFINITY))
    return ['Nothing, or nothing more in this episode: people were told.'];
  const answer = finding.lastAnswer === undefined ? '' : ` The rails' last answer: ${oneLine(finding.lastAnswer)}.`;
  const mode = rule === undefined ? '' : ` Its mode is ${rule.mode}.`;
  return [`Step ${finding.nextStep + 1} of its rule comes next.${mode}${answer}`];
}

/** A heading with indented lines; nothing where there are none. */
function block(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `  ${heading}`, ...lines.map((line) => `    ${line}`)];
}

function railLine({ rail, pass, sentence, figures }: RailVerdict): string {
  const values = Object.entries(figures).map(([name, value]) => `${name}=${value === '' ? 'none' : value}`);
  const detail = pass || values.length === 0 ? '' : ` [${values.join(', ')}]`;
  return `${pass ? `${SIGN.good} passed ` : `${SIGN.bad} refused`} ${oneLine(rail).padEnd(12)} ${oneLine(sentence + detail)}`;
}

function answerLines({ approval, approvedBy }: Decision): string[] {
  const said = approval?.answers ?? [];
  return [
    ...(approvedBy === undefined ? [] : [`Approved by ${oneLine(approvedBy.join(', '))}.`]),
    ...said.map(({ at, by, answer, detail }) => oneLine(`${formatIso(at)}  ${by}: ${answer}. ${detail}`)),
  ];
}

function doneLines(decision: Decision): string[] {
  const rail = refusingRail(decision);
  if (rail !== undefined) return [`Nothing: the rail ${oneLine(rail.rail)} refused.`];
  if (decision.verdict !== 'act') return [`Nothing. ${decisionSentence(decision)}`];
  const silent = decision.nodes.filter((node) => !decision.outcomes.some((outcome) => outcome.node === node));
  return [
    ...decision.outcomes.map((outcome) => outcomeLine(outcome, decision.at)),
    ...silent.map((node) => `${oneLine(node)}: was given the job, no answer is on record.`),
    ...(decision.nodes.length === 0 && decision.outcomes.length === 0
      ? ['No node was heard, so nobody got the job.']
      : []),
  ];
}

function outcomeLine({ node, at, result, detail }: NodeOutcome, decidedAt: number): string {
  return oneLine(
    `${formatIso(at)} (${formatDuration(Math.max(0, at - decidedAt))} after)  ${node}: ${result}. ${detail}`,
  );
}

/** Keeps the lines of the rule's YAML, and makes each of them safe. */
function ruleLines(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (/^ */.exec(line)?.[0] ?? '') + oneLine(line));
}
