/** Why a rule fires for a target, or why it does not: its condition part by part, as the pool is now. Pure. */

import type { Mode } from '../model/configuration/mode.ts';
import type { Finding, FindingPhase, OutOfService } from '../model/decisions/decision.ts';
import type { Rule, RuleSet, Truth } from '../model/decisions/rule.ts';
import type { Facts } from '../model/people/status.ts';
import type { Catalogue, Signals, TargetKind } from '../model/readings/signals.ts';
import type { Severity } from '../model/severity.ts';
import { catalogueOf } from './files/declared-signals.ts';
import { partsOf } from './language/expression.ts';
import { missingSignals, namedValues } from './language/references.ts';
import { scopeOf, targetsOf } from './state/facts.ts';

export interface ExplainedPart {
  readonly source: string;
  readonly truth: Truth;
  readonly values: Signals;
  /** Signals that it names and that are unknown now. */
  readonly missing: readonly string[];
}

export interface Explanation {
  readonly rule: string;
  readonly targetKind: TargetKind;
  readonly target: string;
  /** The result of the whole condition. */
  readonly truth: Truth;
  /** The operator between the parts; absent where there is one part. */
  readonly joint?: '&&' | '||';
  readonly parts: readonly ExplainedPart[];
  readonly phase: FindingPhase;
  /** While pending: broker time in ms at which it fires unless something changes. */
  readonly firesAt?: number;
  readonly muted: boolean;
  readonly outBy?: OutOfService;
  readonly severity: Severity;
  /** How far the rule may go by itself; absent where it has no actions. */
  readonly mode?: Mode;
}

/** Explains every rule that is about a target of this name, or about this pool, in the order of the rules. */
export function explainAll(
  { rules, extra }: RuleSet,
  target: string,
  facts: Facts,
  poolName: string,
  findings: readonly Finding[],
): Explanation[] {
  const catalogue = catalogueOf(extra);
  return rules
    .filter(({ forEach }) => targetsOf(forEach, facts, poolName).includes(target))
    .map((rule) => {
      const finding = findings.find((candidate) => candidate.rule === rule.name && candidate.target === target);
      return explain({ rule, target, facts, finding, catalogue });
    });
}

interface Subject {
  readonly rule: Rule;
  readonly target: string;
  readonly facts: Facts;
  readonly finding: Finding | undefined;
  readonly catalogue: Catalogue;
}

function explain({ rule, target, facts, finding, catalogue }: Subject): Explanation {
  const scope = scopeOf(rule.forEach, target, facts);
  const { joint, parts } = partsOf(rule.when.source, { forEach: rule.forEach, catalogue });
  const phase = finding?.phase ?? 'inactive';
  return {
    rule: rule.name,
    targetKind: rule.forEach,
    target,
    truth: rule.when.evaluate(scope),
    ...(joint !== undefined && { joint }),
    parts: parts.map((part) => ({
      source: part.source.replace(/\s+/g, ' '),
      truth: part.evaluate(scope),
      values: namedValues(part, scope),
      missing: missingSignals(part, scope),
    })),
    phase,
    ...(finding !== undefined && phase === 'pending' && { firesAt: finding.since + rule.forMs }),
    muted: finding?.muted ?? false,
    ...(finding?.outBy && { outBy: finding.outBy }),
    severity: rule.severity,
    ...(rule.steps.length > 0 && { mode: rule.mode ?? 'shadow' }),
  };
}
