/** Writes a thread in words. Slack, mail and the terminal say it the same way. Pure. */

import { formatDuration } from '../../model/duration.ts';
import type { Incident } from '../../model/people/incident.ts';
import type { Thread } from '../../model/people/thread.ts';
import { compareSeverities } from '../../model/severity.ts';
import { type Level, SEVERITY_LEVEL } from './levels.ts';

/**
 * Names a thread for programs, for good. A broker that comes back from a backup gives numbers a second time, and a
 * program that knows a number would throw the second thread away.
 */
export function deliveryOf({ id, openedAt }: Pick<Thread, 'id' | 'openedAt'>): string {
  return `${id}.${openedAt}`;
}

/** Who tells a notice: `worker`, or a node that tells by itself. Undefined for other threads, whose items say it. */
export function noticeFrom({ kind, items }: Pick<Thread, 'kind' | 'items'>): string | undefined {
  return kind === 'notice' ? items[0]?.from : undefined;
}

/** "FIRING page", "ACKNOWLEDGED", "RESOLVED": what stands before a title. */
export function stateWord({ state, severity, flapping }: Pick<Thread, 'state' | 'severity' | 'flapping'>): string {
  const flaps = flapping === true ? ' (flapping)' : '';
  switch (state) {
    case 'firing':
      return `FIRING ${severity}${flaps}`;
    case 'acked':
      return `ACKNOWLEDGED${flaps}`;
    case 'said':
      return severity === 'info' ? 'NOTE' : severity.toUpperCase();
    default:
      return `${state.toUpperCase()}${flaps}`;
  }
}

export function stateLevel({ state, severity }: Pick<Thread, 'state' | 'severity'>): Level {
  switch (state) {
    case 'resolved':
      return 'good';
    case 'acked':
      return 'warn';
    case 'silenced':
    case 'muted':
      return 'note';
    default:
      return SEVERITY_LEVEL[severity];
  }
}

/** Sorts open ones first, of these the worst first, then the oldest. */
export function sortIncidents(incidents: readonly Incident[]): Incident[] {
  const isOver = ({ resolvedAt }: Incident) => Number(resolvedAt !== undefined);
  return [...incidents].sort(
    (one, other) =>
      isOver(one) - isOver(other) || compareSeverities(one.severity, other.severity) || one.openedAt - other.openedAt,
  );
}

export type IncidentState = 'firing' | 'resolved' | 'unknown' | 'muted' | 'silenced';

export function incidentState(incident: Incident): IncidentState {
  if (incident.resolvedAt !== undefined) return 'resolved';
  if (incident.mutedBy !== undefined) return 'muted';
  if (incident.silencedBy !== undefined) return 'silenced';
  return incident.unknown === true ? 'unknown' : 'firing';
}

/** "logs-42 page, firing for 3 min: b: refuses writes" */
export function incidentLine(incident: Incident, now: number): string {
  const lasted = formatDuration((incident.resolvedAt ?? now) - incident.openedAt);
  const state = incidentState(incident);
  const how = state === 'resolved' ? `resolved after ${lasted}` : `${state} for ${lasted}`;
  return `${incident.id} ${incident.severity}, ${how}: ${incident.title}`;
}

/** So many items are repeated in the message itself, so that a reader need not open its replies. */
const REPEATED = 3;

/** The last things that were done, or refused, about it. */
export function lastWords({ items, kind }: Thread): string[] {
  if (kind === 'notice') return items.flatMap(({ lines }) => lines);
  const acts = items.filter((item) => ['decision', 'outcome', 'word', 'escalated'].includes(item.kind));
  const [first] = items;
  if (kind === 'request' && acts.length <= 1 && first !== undefined) return [...first.lines];
  return acts.slice(-REPEATED).map(({ title, lines }) => {
    // The title of the message need not be said again.
    const line = lines.find((text) => !/^(Reason|Wanted by|Seen|Next|Undo)\b/.test(text));
    return line === undefined ? title : `${title}. ${line}`;
  });
}
