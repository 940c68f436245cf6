/** Why a rule fires for a target, or why it does not: its condition part by part, as the pool is now. Pure. */

import type { Mode } from '../model/configuration/mode.ts';
import type { Finding } from '../model/decisions/decision.ts';
import type { Rule, RuleSet } from '../model/decisions/rule.ts';
import type { Explanation } from '../model/people/explanation.ts';
import type { Facts } from '../model/people/status.ts';
import type { Catalogue } from '../model/readings/signals.ts';
import { catalogueOf } from './files/declared-signals.ts';
import { partsOf } from './language/expression.ts';
import { missingSignals, namedValues } from './language/references.ts';
import { scopeOf, targetsOf } from './state/facts.ts';

/** Explains every rule that is about a target of this name, or about this pool, in the order of the rules. */
export function explainAll(
  { rules, extra }: RuleSet,
  target: string,
  facts: Facts,
  { name: poolName, mode: policy }: PoolMode,
  findings: readonly Finding[],
): Explanation[] {
  const catalogue = catalogueOf(extra);
  return rules
    .filter(({ forEach }) => targetsOf(forEach, facts, poolName).includes(target))
    .map((rule) => {
      const finding = findings.find((candidate) => candidate.rule === rule.name && candidate.target === target);
      return explain({ rule, target, facts, finding, catalogue, policy });
    });
}

/** A pool, and policy.mode as it holds there. */
interface PoolMode {
  readonly name: string;
  readonly mode: Mode;
}

interface Subject {
  readonly rule: Rule;
  readonly target: string;
  readonly facts: Facts;
  readonly finding: Finding | undefined;
  readonly catalogue: Catalogue;
  readonly policy: Mode;
}

function explain({ rule, target, facts, finding, catalogue, policy }: Subject): Explanation {
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
    policy,
    ...(rule.steps.length > 0 && { mode: rule.mode ?? 'shadow' }),
  };
}
