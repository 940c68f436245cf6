/** Which signals are known: there, and of the type that the catalogue declares. */

import type { Signals, TargetKind } from '../model/reading.ts';
import type { Reference, Scope } from '../model/rule.ts';
import type { Catalogue, SignalType } from '../model/signals.ts';

/** What an expression sees: of which kind its target is, and what there is to name. */
export interface Sight {
  readonly forEach: TargetKind;
  readonly catalogue: Catalogue;
}

const TYPE_OF: Readonly<Record<SignalType, string>> = { double: 'number', string: 'string', bool: 'boolean' };

function fits(type: SignalType, value: unknown): boolean {
  return type === 'double' ? Number.isFinite(value) : typeof value === TYPE_OF[type];
}

export function isKnown(scope: Scope, { forEach, catalogue }: Sight, { root, signal }: Reference): boolean {
  const type = catalogue[root === 'peers' ? forEach : root][signal]?.type;
  if (type === undefined) return false;
  if (root !== 'peers') return fits(type, scope[root]?.[signal]);
  return (scope.peers ?? []).every((peer) => fits(type, peer[signal]));
}

/** The scope with nothing in it but known values of the declared type: NaN would compare false, Infinity true. */
export function withoutUnknown(scope: Scope, { forEach, catalogue }: Sight): Record<string, Signals | Signals[]> {
  const clean = (kind: TargetKind, signals: Signals = {}): Signals => onlyKnown(catalogue[kind], signals);
  return {
    pool: clean('pool', scope.pool),
    [forEach]: clean(forEach, scope[forEach]),
    peers: (scope.peers ?? []).map((peer) => clean(forEach, peer)),
  };
}

/** Most readings have nothing in them that is not known: these are not copied, for every rule and every entry. */
function onlyKnown(specs: Catalogue[TargetKind], signals: Signals): Signals {
  const isOne = (name: string) => {
    const type = specs[name]?.type;
    return type !== undefined && fits(type, signals[name]);
  };
  for (const name in signals) {
    if (!isOne(name)) return Object.fromEntries(Object.entries(signals).filter(([one]) => isOne(one)));
  }
  return signals;
}
