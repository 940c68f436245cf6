/** What `weir status` says of open incidents beside their findings: who has them, and what people are not told of. */

import { findingKey } from '../../model/ids.ts';
import type { PoolStatus } from '../../model/people/status.ts';
import type { IncidentState } from '../../tell/incidents/state.ts';

type Shown = Pick<PoolStatus, 'incidents' | 'acked' | 'silenced' | 'silences'>;

/** Pure. @param now broker time in ms */
export function openIncidents(incidentState: IncidentState | undefined, now: number): Shown {
  if (incidentState === undefined) return {};
  const open = Object.values(incidentState.incidents)
    .filter(({ resolvedAt }) => resolvedAt === undefined)
    .map((incident) => ({ ...incident, key: findingKey(incident.rule, incident.target) }));
  const acked = open.flatMap(({ key, thread }) => {
    const by = incidentState.threads[thread]?.acked?.by;
    return by === undefined ? [] : [[key, by] as const];
  });
  const silenced = open.filter(({ silencedBy }) => silencedBy !== undefined).map(({ key }) => key);
  const silences = Object.values(incidentState.silences).filter(({ until }) => until > now);
  return {
    incidents: Object.fromEntries(open.map(({ key, id }) => [key, id])),
    ...(acked.length > 0 && { acked: Object.fromEntries(acked) }),
    ...(silenced.length > 0 && { silenced }),
    ...(silences.length > 0 && { silences }),
  };
}
