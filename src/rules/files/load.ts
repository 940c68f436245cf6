/** From rule files to a RuleSet: schema, rule by rule, and what rules say of each other. */

import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { didYouMean } from '../../lib/text/did-you-mean.ts';
import type { YamlFile } from '../../lib/yaml/file.ts';
import { formatProblem, type Problem, problemsError } from '../../lib/yaml/problem.ts';
import { checkSchema, parseYaml } from '../../lib/yaml/yaml.ts';
import type { Rule, RuleSet } from '../../model/decisions/rule.ts';
import { catalogueOf, readExtras } from './declared-signals.ts';
import { type RuleText, readTexts } from './folder.ts';
import { type LoadedRule, loadRule } from './load-rule.ts';
import { ruleFileSchema, type WrittenRuleFile } from './schema.ts';

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

/** The same rules have the same hash wherever the folder is. */
function hashOf(texts: readonly RuleText[]): string {
  const hash = createHash('sha256');
  for (const { file, text } of texts) hash.update(`${basename(file)}\0${text}\0`);
  return hash.digest('hex');
}
