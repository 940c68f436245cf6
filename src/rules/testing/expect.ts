/** Compares what a case expects with what was seen. Pure. */

import type { Decision, Finding } from '../../model/decisions/decision.ts';
import type { WrittenDecision, WrittenExpectation } from './schema.ts';

export interface Seen {
  readonly findings: readonly Finding[];
  /** Made since the time before, in their order. */
  readonly decisions: readonly Decision[];
  /** Titles of what people were told since the time before. */
  readonly told: readonly string[];
}

/** A sentence for each part that is not as expected. */
export function compare(expected: WrittenExpectation, seen: Seen): string[] {
  return [
    ...phases(
      'firing',
      expected.firing,
      seen.findings.filter(({ phase }) => phase === 'firing'),
    ),
    ...phases(
      'pending',
      expected.pending,
      seen.findings.filter(({ phase }) => phase === 'pending'),
    ),
    ...phases(
      'muted',
      expected.muted,
      seen.findings.filter(({ phase, muted }) => phase === 'firing' && muted),
    ),
    ...decisions(expected.decisions, seen.decisions),
    ...told(expected.told, seen.told),
  ];
}

function phases(
  phase: string,
  expected: Readonly<Record<string, readonly string[]>> | undefined,
  findings: readonly Finding[],
): string[] {
  return Object.entries(expected ?? {}).flatMap(([rule, targets]) => {
    const actual = findings.filter((finding) => finding.rule === rule).map(({ target }) => target);
    return sorted(actual) === sorted(targets)
      ? []
      : [`${phase} ${rule}: expected ${list(targets)}, seen ${list(actual)}`];
  });
}

function decisions(expected: readonly WrittenDecision[] | undefined, seen: readonly Decision[]): string[] {
  if (expected === undefined) return [];
  const same =
    expected.length === seen.length && expected.every((decision, i) => isSame(decision, seen[i] as Decision));
  if (same) return [];
  return [
    `decisions: expected ${list(expected.map(inWords))}, seen ${list(seen.map((decision) => inWords(asWritten(decision))))}`,
  ];
}

function isSame(expected: WrittenDecision, seen: Decision): boolean {
  const { rail, state, ...rest } = asWritten(seen);
  const { rail: wantedRail = rail, state: wantedState = state, ...wanted } = expected;
  return rail === wantedRail && state === wantedState && inWords(rest) === inWords(wanted);
}

function asWritten({ rule, target, action, verdict, rails, state }: Decision): WrittenDecision {
  const refusing = rails.find(({ pass }) => !pass)?.rail;
  return {
    ...(rule !== 'request' && { rule }),
    target,
    action,
    verdict,
    state,
    ...(verdict === 'refuse' && refusing !== undefined && { rail: refusing }),
  };
}

function inWords({ rule = 'a person', target, action, verdict, rail, state }: WrittenDecision): string {
  const answer = `${verdict}${rail === undefined ? '' : ` (${rail})`}`;
  return `${rule} to ${action} ${target}: ${answer}${state === undefined ? '' : `, ${state}`}`;
}

/** Each expected part is in a title of its own, and no title is left. */
function told(expected: readonly string[] | undefined, seen: readonly string[]): string[] {
  if (expected === undefined) return [];
  const left = [...seen];
  const missing = expected.filter((part) => {
    const at = left.findIndex((title) => title.includes(part));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  if (missing.length === 0 && left.length === 0) return [];
  return [`told: expected ${list(expected)}, seen ${list(seen)}`];
}

function sorted(names: readonly string[]): string {
  return [...names].sort().join('\n');
}

function list(items: readonly string[]): string {
  return items.length === 0 ? 'nothing' : items.map((item) => `"${item}"`).join(', ');
}
