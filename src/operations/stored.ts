/** Reads a pool's state and its incidents from the broker, whichever version wrote them, and where they cannot be read. */

import type { Redis } from 'ioredis';
import { parseWritten } from '../broker/entries/written.ts';
import { readState, type StoredState } from '../broker/store.ts';
import type { EntryId } from '../model/ids.ts';
import { NOTHING_REMEMBERED, type PoolState } from '../rules/state/state.ts';
import type { IncidentState } from '../tell/incidents/state.ts';

export interface StoredPool {
  readonly cursor: EntryId;
  /** Absent where it cannot be read. */
  readonly state?: PoolState;
  /** Absent where there is none, or it cannot be read. */
  readonly incidentState?: IncidentState;
}

/** Fields that every version writes. */
const STATE_PARTS = ['sweeps', 'findings', 'open', 'leases', 'ended', 'attempts'];
const INCIDENT_PARTS = ['incidents', 'threads', 'timers', 'silences', 'decisions', 'fired', 'lastFired', 'nearMisses'];

/** undefined: the broker has nothing of the pool. @throws what ioredis throws when the broker does not answer. */
export async function readPoolState(redis: Redis, pool: string): Promise<StoredPool | undefined> {
  const stored = await readState(redis, pool);
  if (stored === undefined) return undefined;
  const state = parse<PoolState>(stored.json, STATE_PARTS);
  const incidentState = incidentStateOf(stored);
  // An earlier version may have written it, without these fields.
  const added: Partial<PoolState> = { ruleHashes: {}, ...NOTHING_REMEMBERED };
  return {
    cursor: stored.cursor,
    ...(state !== undefined && { state: { ...added, ...state } }),
    ...(incidentState !== undefined && { incidentState }),
  };
}

/** The incidents beside a state; undefined where there are none, or they cannot be read. */
export function incidentStateOf({ incidentJson, lastNumber }: StoredState): IncidentState | undefined {
  const incidentState = incidentJson === undefined ? undefined : parse<IncidentState>(incidentJson, INCIDENT_PARTS);
  // A worker of the version before writes incidents without the number. The number beside them is never given again.
  return incidentState && { ...incidentState, lastNumber: Math.max(incidentState.lastNumber ?? 0, lastNumber) };
}

/** Stored apart from the number: a worker of the version before compares the parts, and stumbles over a number. */
export function toStored({ lastNumber = 0, ...incidentState }: IncidentState): {
  readonly json: string;
  readonly lastNumber: number;
} {
  return { json: JSON.stringify(incidentState), lastNumber };
}

function parse<T>(json: string, parts: readonly string[]): T | undefined {
  return parseWritten<T>(json, (value) => {
    const fields = value as Readonly<Record<string, unknown>> | null;
    return parts.every((part) => typeof fields?.[part] === 'object' && fields[part] !== null);
  });
}
