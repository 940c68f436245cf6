/** From rule files to a RuleSet: schema, expressions, and what rules say of each other. */

import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { DISRUPTIVE_KINDS, NODE_KINDS, REDUCING_KINDS } from '../model/action.ts';
import type { Expression, Rule, RuleLimits, RuleSet, Step, Template } from '../model/rule.ts';
import type { Catalogue } from '../model/signals.ts';
import { didYouMean } from '../nearest.ts';
import {
  checkSchema,
  formatProblem,
  type Problem,
  parseYaml,
  problemsError,
  type YamlFile,
  type YamlPath,
} from '../yaml.ts';
import { compileExpression } from './expression.ts';
import { catalogueOf, readExtras } from './extra.ts';
import { type RuleText, readTexts } from './folder.ts';
import { ruleFileSchema, type WrittenRule, type WrittenRuleFile } from './schema.ts';
import { compileTemplate } from './template.ts';

/**
 * Loads rule files: of a folder every `*.yaml` but `*.test.yaml`, in the order of their names.
 * @throws WeirError 'rule' that lists every problem of every file, one line each.
 */
export async function loadRules(paths: readonly string[]): Promise<RuleSet> {
  const { ruleSet, problems } = checkRules(await readTexts(paths, 'rules'));
  if (ruleSet === undefined) throw problemsError('rule', problems);
  return ruleSet;
}

/** The rules in these texts, or everything that is wrong with them. Pure. */
export function checkRules(texts: readonly RuleText[]): {
  readonly ruleSet?: RuleSet;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const files: { yaml: YamlFile; value: WrittenRuleFile }[] = [];
  for (const { file, text } of texts) {
    const parsed = parseYaml(file, text);
    problems.push(...parsed.problems);
    if (parsed.problems.length > 0) continue;
    const checked = checkSchema(parsed.yaml, ruleFileSchema);
    problems.push(...checked.problems);
    if ('value' in checked) files.push({ yaml: parsed.yaml, value: checked.value });
  }
  // What one rule declares another may name, so all declarations come first.
  const { extra, problems: badExtras } = readExtras(files);
  problems.push(...badExtras);
  const catalogue = catalogueOf(extra);
  const loaded = files.flatMap(({ yaml, value: file }) =>
    file.rules.map((written, i) => loadRule({ yaml, file, path: ['rules', i], written, catalogue, problems })),
  );
  const names = checkNames(loaded, problems.length === 0);
  problems.push(...names.problems);
  if (problems.length > 0) return { problems };
  const rules = loaded.map(({ rule }) => rule);
  return { ruleSet: { hash: hashOf(texts), rules, extra, warnings: names.warnings.map(formatProblem) }, problems: [] };
}

interface LoadedRule {
  readonly rule: Rule;
  readonly yaml: YamlFile;
  readonly path: YamlPath;
}

interface LoadInput {
  readonly yaml: YamlFile;
  readonly file: WrittenRuleFile;
  readonly path: YamlPath;
  readonly written: WrittenRule;
  readonly catalogue: Catalogue;
  /** Filled. */
  readonly problems: Problem[];
}

const DEFAULT_LEASE_MS = 30 * 60_000;

function loadRule({ yaml, file, path, written, catalogue, problems }: LoadInput): LoadedRule {
  const forEach = written.for_each;
  const complain = (at: YamlPath, message: string) => problems.push(yaml.problemAt([...path, ...at], message));

  const condition = (at: YamlPath, source: string): Expression => {
    const compiled = compileExpression({ source, forEach, expect: 'bool', catalogue });
    if (compiled.ok) return compiled.expression;
    const { start, end, message } = compiled.fault;
    problems.push(yaml.problemInside([...path, ...at], start, end, message));
    return { source, references: [], evaluate: () => undefined };
  };
  const title = (source: string): Template => {
    const compiled = compileTemplate(source, forEach, catalogue);
    if (compiled.ok) return compiled.template;
    const { start, end, message } = compiled.fault;
    problems.push(yaml.problemInside([...path, 'tell', 'title'], start, end, message));
    return { source, render: () => source };
  };
  const step = (one: NonNullable<WrittenRule['do']>[number], i: number): Step => {
    const at = ['do', i];
    const reducing = REDUCING_KINDS.has(one.action);
    if (one.action === 'set_weight' && one.weight === undefined) complain(at, 'set_weight needs a weight');
    if (one.action !== 'set_weight' && one.weight !== undefined) {
      complain([...at, 'weight'], `weight is for set_weight, this is ${one.action}`);
    }
    const leasable = reducing || one.action === 'failover';
    if (!leasable && one.lease !== undefined) complain([...at, 'lease'], `${one.action} takes no lease: leave it out`);
    if (leasable && one.lease === 0) complain([...at, 'lease'], 'a lease of 0 would end before it begins');
    return {
      action: one.action,
      ...(one.weight !== undefined && { weight: one.weight }),
      leaseMs: reducing ? (one.lease ?? DEFAULT_LEASE_MS) : (one.lease ?? 0),
      ...(one.verify !== undefined && {
        verify: {
          expect: condition([...at, 'verify', 'expect'], one.verify.expect),
          withinMs: one.verify.within,
          otherwise: one.verify.otherwise,
        },
      }),
    };
  };

  const steps = (written.do ?? []).map(step);
  steps.forEach(({ action }, i) => {
    if (forEach === 'member' || (forEach === 'director' && NODE_KINDS.has(action))) return;
    const can =
      forEach === 'director' ? `${[...NODE_KINDS].join(' and ')} only` : 'nothing: it tells, brakes and mutes';
    complain(['do', i, 'action'], `${action} is about a member; a rule with for_each: ${forEach} can do ${can}`);
  });
  if (written.evidence !== undefined && forEach !== 'member') {
    complain(['evidence'], `evidence is counted for members only, this rule is about each ${forEach}`);
  }
  const observers =
    written.evidence?.observers ??
    (forEach === 'member' && steps.some(({ action }) => DISRUPTIVE_KINDS.has(action)) ? 2 : undefined);
  const text = dedent(yaml.sourceOf(path));
  const rule: Rule = {
    name: written.name,
    file: yaml.file,
    line: yaml.lineOf(path),
    text,
    hash: createHash('sha256').update(text).digest('hex'),
    ...(file.owner !== undefined && { owner: file.owner }),
    ...(file.runbook !== undefined && { runbook: file.runbook }),
    forEach,
    when: condition(['when'], written.when),
    ...(written.clear_when !== undefined && { clearWhen: condition(['clear_when'], written.clear_when) }),
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
    title: title(written.tell?.title ?? written.name),
    steps,
  };
  return { rule, yaml, path };
}

/** Limits and loosenings have the same keys, as far as they have them; times are seconds to full. */
function limitsOf(written: NonNullable<WrittenRule['limits']>): RuleLimits {
  const { targets, budget, approvals, min_seconds_to_full: toFullMs, keeps_share: keepsShare } = written;
  return {
    ...(targets !== undefined && { targets }),
    ...(budget !== undefined && { budget }),
    ...(approvals !== undefined && { approvals }),
    ...(keepsShare !== undefined && { keepsShare }),
    ...(toFullMs !== undefined && { minSecondsToFull: toFullMs / 1_000 }),
  };
}

/**
 * Names are unique, and `mutes` names rules that exist; the latter only when every file could be read. A name that is
 * like no other is a warning: its rule may stand in a file that is not looked at, or be gone.
 */
function checkNames(
  loaded: readonly LoadedRule[],
  complete: boolean,
): { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] } {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const first = new Map<string, Rule>();
  for (const { rule, yaml, path } of loaded) {
    const twin = first.get(rule.name);
    if (twin === undefined) first.set(rule.name, rule);
    else
      problems.push(
        yaml.problemAt([...path, 'name'], `${rule.name} is the name of the rule at ${twin.file}:${twin.line} already`),
      );
  }
  for (const { rule, yaml, path } of complete ? loaded : []) {
    rule.mutes.forEach((name, i) => {
      const at = [...path, 'mutes', i];
      if (name === rule.name) problems.push(yaml.problemAt(at, 'a rule cannot mute itself'));
      if (first.has(name)) return;
      const guess = didYouMean(name, first.keys());
      if (guess !== '') problems.push(yaml.problemAt(at, `there is no rule ${name}${guess}`));
      else warnings.push(yaml.problemAt(at, `there is no rule ${name} in these files: this mutes nothing`));
    });
  }
  return { problems, warnings };
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

/** The same rules have the same hash wherever the folder is. */
function hashOf(texts: readonly RuleText[]): string {
  const hash = createHash('sha256');
  for (const { file, text } of texts) hash.update(`${basename(file)}\0${text}\0`);
  return hash.digest('hex');
}
