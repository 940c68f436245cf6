/** One rule as it is written, compiled: its expressions, its title, its steps. What is wrong is added to the problems. */

import { createHash } from 'node:crypto';
import { defined } from '../../lib/defined.ts';
import type { YamlFile, YamlPath } from '../../lib/yaml/file.ts';
import type { Problem } from '../../lib/yaml/problem.ts';
import { DISRUPTIVE_KINDS, NODE_KINDS, REDUCING_KINDS } from '../../model/decisions/action.ts';
import type { Expression, Rule, RuleLimits, Step, Template } from '../../model/decisions/rule.ts';
import type { Catalogue } from '../../model/readings/signals.ts';
import { compileExpression } from '../language/expression.ts';
import { compileTemplate } from '../language/template.ts';
import type { WrittenRule, WrittenRuleFile } from './schema.ts';

export interface LoadedRule {
  readonly rule: Rule;
  readonly yaml: YamlFile;
  readonly path: YamlPath;
}

export interface LoadInput {
  readonly yaml: YamlFile;
  readonly file: WrittenRuleFile;
  /** Where the rule stands in its file. */
  readonly path: YamlPath;
  readonly written: WrittenRule;
  readonly catalogue: Catalogue;
  /** Filled. */
  readonly problems: Problem[];
}

type WrittenStep = NonNullable<WrittenRule['do']>[number];

const DEFAULT_LEASE_MS = 30 * 60_000;

/** A rule with a problem is no rule to evaluate: it is returned so that the other rules can be checked against it. */
export function loadRule(input: LoadInput): LoadedRule {
  const { yaml, file, path, written } = input;
  const steps = (written.do ?? []).map((step, i) => loadStep(input, step, i));
  checkSteps(input, steps);
  const observers = observersOf(input, steps);
  const text = dedent(yaml.sourceOf(path));
  const rule: Rule = {
    name: written.name,
    file: yaml.file,
    line: yaml.lineOf(path),
    text,
    hash: createHash('sha256').update(text).digest('hex'),
    ...defined({ owner: file.owner, runbook: file.runbook }),
    forEach: written.for_each,
    when: condition(input, ['when'], written.when),
    ...(written.clear_when !== undefined && { clearWhen: condition(input, ['clear_when'], written.clear_when) }),
    forMs: written.for,
    keepFiringForMs: written.keep_firing_for,
    ...(written.when_unknown !== undefined && { whenUnknownMs: written.when_unknown }),
    severity: written.severity,
    ...(written.mode !== undefined && { mode: written.mode }),
    labels: written.labels,
    brakes: written.brakes,
    mutes: written.mutes,
    ...(observers !== undefined && { evidence: { observers } }),
    ...(written.limits !== undefined && { limits: limitsOf(written.limits) }),
    ...(written.loosen !== undefined && { loosen: limitsOf(written.loosen) }),
    title: titleOf(input),
    steps,
  };
  return { rule, yaml, path };
}

function complain({ yaml, path, problems }: LoadInput, at: YamlPath, message: string): void {
  problems.push(yaml.problemAt([...path, ...at], message));
}

function condition({ yaml, path, written, catalogue, problems }: LoadInput, at: YamlPath, source: string): Expression {
  const compiled = compileExpression({ source, forEach: written.for_each, expect: 'bool', catalogue });
  if (compiled.ok) return compiled.expression;
  const { start, end, message } = compiled.fault;
  problems.push(yaml.problemInside([...path, ...at], start, end, message));
  return { source, references: [], evaluate: () => undefined };
}

function titleOf({ yaml, path, written, catalogue, problems }: LoadInput): Template {
  const source = written.tell?.title ?? written.name;
  const compiled = compileTemplate(source, written.for_each, catalogue);
  if (compiled.ok) return compiled.template;
  const { start, end, message } = compiled.fault;
  problems.push(yaml.problemInside([...path, 'tell', 'title'], start, end, message));
  return { source, render: () => source };
}

function loadStep(input: LoadInput, step: WrittenStep, i: number): Step {
  const { action, weight, lease, verify } = step;
  const at = ['do', i];
  if (action === 'set_weight' && weight === undefined) complain(input, at, 'set_weight needs a weight');
  if (action !== 'set_weight' && weight !== undefined) {
    complain(input, [...at, 'weight'], `weight is for set_weight, this is ${action}`);
  }
  const reducing = REDUCING_KINDS.has(action);
  const leasable = reducing || action === 'failover';
  if (!leasable && lease !== undefined) complain(input, [...at, 'lease'], `${action} takes no lease: leave it out`);
  if (leasable && lease === 0) complain(input, [...at, 'lease'], 'a lease of 0 would end before it begins');
  return {
    action,
    ...(weight !== undefined && { weight }),
    leaseMs: lease ?? (reducing ? DEFAULT_LEASE_MS : 0),
    ...(verify !== undefined && {
      verify: {
        expect: condition(input, [...at, 'verify', 'expect'], verify.expect),
        withinMs: verify.within,
        otherwise: verify.otherwise,
      },
    }),
  };
}

/** What a rule is about decides what it can do. */
function checkSteps(input: LoadInput, steps: readonly Step[]): void {
  const forEach = input.written.for_each;
  steps.forEach(({ action }, i) => {
    if (forEach === 'member' || (forEach === 'director' && NODE_KINDS.has(action))) return;
    const can =
      forEach === 'director' ? `${[...NODE_KINDS].join(' and ')} only` : 'nothing: it tells, brakes and mutes';
    complain(input, ['do', i, 'action'], `${action} is about a member; a rule with for_each: ${forEach} can do ${can}`);
  });
}

/** How many observers must have seen it; undefined where it is not counted. */
function observersOf(input: LoadInput, steps: readonly Step[]): number | undefined {
  const { evidence, for_each: forEach } = input.written;
  if (evidence !== undefined && forEach !== 'member') {
    complain(input, ['evidence'], `evidence is counted for members only, this rule is about each ${forEach}`);
  }
  const isDisruptive = steps.some(({ action }) => DISRUPTIVE_KINDS.has(action));
  return evidence?.observers ?? (forEach === 'member' && isDisruptive ? 2 : undefined);
}

/** Limits and loosenings have the same keys, as far as they have them; times are seconds to full. */
function limitsOf(written: NonNullable<WrittenRule['limits']>): RuleLimits {
  const { targets, budget, approvals, min_seconds_to_full: toFullMs, keeps_share: keepsShare } = written;
  return {
    ...defined({ targets, budget, approvals, keepsShare }),
    ...(toFullMs !== undefined && { minSecondsToFull: toFullMs / 1_000 }),
  };
}

/** The first line begins where the rule does; the others lose the indentation that they have because of it. */
function dedent(text: string): string {
  const lines = text.trimEnd().split('\n');
  const indents = lines
    .slice(1)
    .filter((line) => line.trim() !== '')
    .map((line) => line.length - line.trimStart().length);
  const indent = Math.min(...indents);
  return lines.map((line, i) => (i === 0 ? line : line.slice(indent))).join('\n');
}
