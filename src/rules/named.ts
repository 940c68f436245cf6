/** The signals that a condition names, as one target sees them. */

import type { Signals, SignalValue } from '../model/reading.ts';
import type { Expression, Scope } from '../model/rule.ts';

/** Their values, as `member.writable`; of peers all values. */
export function namedValues({ references }: Expression, scope: Scope): Signals {
  const values: Record<string, SignalValue> = {};
  for (const { root, signal } of references) {
    if (root === 'peers') {
      const seen = (scope.peers ?? []).map((peer) => peer[signal] ?? '?');
      values[`peers.${signal}`] = seen.join(' ');
    } else {
      const value = scope[root]?.[signal];
      if (value !== undefined) values[`${root}.${signal}`] = value;
    }
  }
  return values;
}

/** Those of the target itself and of the pool that nobody knows now. */
export function missingSignals({ references }: Expression, scope: Scope): string[] {
  return references
    .filter(({ root, signal }) => root !== 'peers' && scope[root]?.[signal] === undefined)
    .map(({ root, signal }) => `${root}.${signal}`);
}
