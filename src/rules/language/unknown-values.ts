/** Known signals are present and of the type that the catalogue declares; all others are unknown. */

import type { Reference, Scope } from '../../model/decisions/rule.ts';
import {
  type Catalogue,
  type Signals,
  type SignalType,
  type TargetKind,
  TYPE_OF,
} from '../../model/readings/signals.ts';
import { countOthers } from '../findings/among.ts';

/** What an expression sees: the kind of its target, and the signals that it may name. */
export interface Sight {
  readonly forEach: TargetKind;
  readonly catalogue: Catalogue;
}

function fits(type: SignalType, value: unknown): boolean {
  return type === 'double' ? Number.isFinite(value) : typeof value === TYPE_OF[type];
}

export function isKnown(scope: Scope, { forEach, catalogue }: Sight, { root, signal }: Reference): boolean {
  const type = catalogue[root === 'peers' ? forEach : root][signal]?.type;
  if (type === undefined) return false;
  if (root !== 'peers') return fits(type, scope[root]?.[signal]);
  const { among } = scope;
  if (among !== undefined) {
    return countOthers(among, signal, `known ${type}`, (value) => fits(type, value)) === among.all.length - 1;
  }
  return (scope.peers ?? []).every((peer) => fits(type, peer[signal]));
}

/** The scope with known values only: NaN would compare as false and Infinity as true. */
export function withoutUnknown(scope: Scope, { forEach, catalogue }: Sight): Record<string, Signals | Signals[]> {
  const clean = (kind: TargetKind, signals: Signals = NOTHING): Signals => cleanOf(catalogue[kind], signals);
  return {
    pool: clean('pool', scope.pool),
    [forEach]: clean(forEach, scope[forEach]),
    // Most conditions are decided before the peers are looked at.
    get peers() {
      return (scope.peers ?? []).map((peer) => clean(forEach, peer));
    },
  };
}

const NOTHING: Signals = {};

/** A reading never changes, and every rule and every peer asks for it. */
const cleaned = new WeakMap<Catalogue[TargetKind], WeakMap<Signals, Signals>>();

function cleanOf(specs: Catalogue[TargetKind], signals: Signals): Signals {
  const bySignals = cleaned.get(specs) ?? new WeakMap<Signals, Signals>();
  cleaned.set(specs, bySignals);
  const cached = bySignals.get(signals);
  if (cached !== undefined) return cached;
  const clean = onlyKnown(specs, signals);
  bySignals.set(signals, clean);
  return clean;
}

/** Returns the same object where everything is known, which is usual: that saves a copy per rule and entry. */
function onlyKnown(specs: Catalogue[TargetKind], signals: Signals): Signals {
  const isKnownSignal = (name: string) => {
    const type = specs[name]?.type;
    return type !== undefined && fits(type, signals[name]);
  };
  for (const name in signals) {
    if (isKnownSignal(name)) continue;
    return Object.fromEntries(Object.entries(signals).filter(([other]) => isKnownSignal(other)));
  }
  return signals;
}
