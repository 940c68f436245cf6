/** Silences: people do not want to be told, for a time. Acting goes on. */

import type { Severity } from '../severity.ts';
import type { Incident } from './incident.ts';

/** What a silence covers; what is not said covers everything. */
export interface Matcher {
  readonly rule?: string;
  readonly target?: string;
  readonly severity?: Severity;
  readonly labels?: Readonly<Record<string, string>>;
}

/** People do not want to be told of what it matches, for a time. */
export interface Silence {
  readonly id: string;
  readonly pool: string;
  readonly matcher: Matcher;
  readonly by: string;
  readonly reason: string;
  readonly since: number;
  readonly until: number;
  /** When something that it covers was open last; absent: nothing has been. */
  readonly coveredAt?: number;
}

/** Nobody may forget a silence for longer than this, in ms. */
export const MAX_SILENCE_MS = 7 * 86_400_000;

/** "rule member-filling on b", "everything". */
export function matcherInWords({ rule, target, severity, labels = {} }: Matcher): string {
  const parts = [
    ...(rule === undefined ? [] : [`rule ${rule}`]),
    ...(target === undefined ? [] : [`target ${target}`]),
    ...(severity === undefined ? [] : [`severity ${severity}`]),
    ...Object.entries(labels).map(([name, value]) => `${name}=${value}`),
  ];
  return parts.length === 0 ? 'everything' : parts.join(', ');
}

export function matches(
  { rule, target, severity, labels = {} }: Matcher,
  incident: Pick<Incident, 'rule' | 'target' | 'severity' | 'labels'>,
): boolean {
  return (
    (rule === undefined || rule === incident.rule) &&
    (target === undefined || target === incident.target) &&
    (severity === undefined || severity === incident.severity) &&
    Object.entries(labels).every(([name, value]) => incident.labels[name] === value)
  );
}
