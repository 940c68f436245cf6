/** The signals that a condition names, as one target sees them. */

import type { Expression, Scope } from '../../model/decisions/rule.ts';
import type { Signals, SignalValue } from '../../model/readings/signals.ts';
import { countOthers } from '../findings/among.ts';

/** So many peers are listed one by one: they stand in the pool's state with every finding. */
const NAMED_PEERS = 10;

/** The values of the signals, as `member.writable`. A few peers are listed; many are counted: "12 of 999 true". */
export function namedValues({ references }: Expression, scope: Scope): Signals {
  const values: Record<string, SignalValue> = {};
  for (const { root, signal } of references) {
    if (root === 'peers') {
      values[`peers.${signal}`] = peersText(scope, signal);
    } else {
      const value = scope[root]?.[signal];
      if (value !== undefined) values[`${root}.${signal}`] = value;
    }
  }
  return values;
}

function peersText(scope: Scope, signal: string): string {
  const { among } = scope;
  const count = among === undefined ? (scope.peers?.length ?? 0) : among.all.length - 1;
  if (among === undefined || count <= NAMED_PEERS) {
    const all = (scope.peers ?? []).slice(0, NAMED_PEERS).map((peer) => peer[signal] ?? '?');
    return count > NAMED_PEERS ? `${all.join(' ')} and ${count - NAMED_PEERS} more` : all.join(' ');
  }
  const isFact = (value: SignalValue | undefined) => typeof value === 'boolean';
  if (countOthers(among, signal, 'fact', isFact) > 0) {
    const unknown = count - countOthers(among, signal, 'fact', isFact);
    const isTrue = countOthers(among, signal, 'true', (value) => value === true);
    return `${isTrue} of ${count} true${unknown === 0 ? '' : `, ${unknown} ?`}`;
  }
  const first = among.all.slice(0, NAMED_PEERS + 1).filter((_, at) => at !== among.index);
  const named = first.slice(0, NAMED_PEERS).map((peer) => peer[signal] ?? '?');
  return `${named.join(' ')} and ${count - NAMED_PEERS} more`;
}

/** The signals of the target itself and of the pool that are unknown now. */
export function missingSignals({ references }: Expression, scope: Scope): string[] {
  return references
    .filter(({ root, signal }) => root !== 'peers' && scope[root]?.[signal] === undefined)
    .map(({ root, signal }) => `${root}.${signal}`);
}
