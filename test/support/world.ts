/** The example pool with rules and a state, without a broker: entries are folded one by one. */

import type { Decision } from '../../src/model/decisions/decision.ts';
import type { Outcome } from '../../src/model/decisions/outcome.ts';
import type { Expression, Rule, RuleSet, Scope, Truth } from '../../src/model/decisions/rule.ts';
import type { Entry, EntryBody } from '../../src/model/entries/entry.ts';
import type { Sweep } from '../../src/model/readings/reading.ts';
import { judge } from '../../src/rails/index.ts';
import { type FoldResult, foldEntry } from '../../src/rules/fold-entry.ts';
import { type FoldContext, initialState, type PoolState } from '../../src/rules/state/state.ts';
import { POLICY, POLL, poolOf, sweepOf } from './pool.ts';

export const START = 1_000_000;

export function expression(evaluate: (scope: Scope) => Truth, references: Expression['references'] = []): Expression {
  return { source: evaluate.toString(), references, evaluate };
}

/** The rule `member-unwritable` of the design, written out. */
export function unwritable(parts: Partial<Rule> = {}): Rule {
  const writableOf = (scope: Scope) => scope.member?.writable;
  return {
    name: 'member-unwritable',
    file: 'test.yaml',
    line: 1,
    text: 'name: member-unwritable',
    hash: 'r1',
    forEach: 'member',
    when: expression(
      (scope) => {
        const writable = writableOf(scope);
        if (writable === undefined) return undefined;
        return writable === false && (scope.peers ?? []).some((peer) => peer.writable === true);
      },
      [{ root: 'member', signal: 'writable' }],
    ),
    forMs: 1_000,
    keepFiringForMs: 0,
    severity: 'page',
    mode: 'auto',
    labels: {},
    brakes: [],
    mutes: [],
    evidence: { observers: 2 },
    title: { source: '', render: (scope) => `unwritable: ${String(writableOf(scope))}` },
    steps: [
      {
        action: 'drain',
        leaseMs: 1_800_000,
        verify: { expect: expression((scope) => scope.member?.weight === 0), withinMs: 5_000, otherwise: 'revert' },
      },
    ],
    ...parts,
  };
}

export function ruleSet(rules: readonly Rule[], hash = 'h1'): RuleSet {
  return { hash, rules, extra: [], warnings: [] };
}

export interface World {
  state: PoolState;
  readonly results: FoldResult[];
  /** Folds one entry at the given ms after START. */
  fold(atMs: number, body: EntryBody): FoldResult;
  /** Folds a healthy-looking sweep of every node at the given ms, changed by `parts`. */
  sweeps(atMs: number, parts?: Partial<Sweep>): FoldResult;
  outcome(atMs: number, decision: string, node: string, parts?: Partial<Outcome>): FoldResult;
  readonly decisions: Map<string, Decision>;
}

export function world(rules: readonly Rule[], parts: Partial<FoldContext> = {}, settled = true): World {
  const context: FoldContext = {
    pool: poolOf(),
    policy: POLICY,
    poll: POLL,
    ruleSet: ruleSet(rules),
    judge,
    ...parts,
  };
  let sequence = 0;
  const decisions = new Map<string, Decision>();
  const self: World = {
    state: initialState({
      cursor: `${START}-0`,
      now: START,
      settleMs: settled ? 0 : 5_000,
      reason: 'Weir has started on this pool',
      ruleSet: context.ruleSet,
      brokerRunId: 'r1',
    }),
    results: [],
    decisions,
    fold(atMs, body) {
      sequence += 1;
      const entry: Entry = { id: `${START + atMs}-${sequence}`, body };
      const result = foldEntry(context, self.state, entry, decisions);
      self.state = result.state;
      self.results.push(result);
      for (const decision of result.records) decisions.set(decision.id, decision);
      return result;
    },
    sweeps(atMs, sweep = {}) {
      let last: FoldResult | undefined;
      for (const name of Object.keys(context.pool.members)) {
        last = self.fold(atMs, sweepOf(name, START + atMs, sweep));
      }
      return last as FoldResult;
    },
    outcome(atMs, decision, node, outcome = {}) {
      return self.fold(atMs, {
        kind: 'outcome',
        pool: 'logs',
        decision,
        node,
        member: 'b',
        at: START + atMs,
        result: 'applied',
        detail: 'b is at weight 0.',
        ...outcome,
      });
    },
  };
  return self;
}
