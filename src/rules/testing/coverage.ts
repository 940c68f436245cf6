/** What test cases reach: rules that fire, steps that are decided on, rails that refuse. */

import type { Rule, RuleSet } from '../../model/decisions/rule.ts';
import type { FoldResult } from '../fold-entry.ts';

export interface Coverage {
  readonly fired: Set<string>;
  /** `<rule> step <n>`, n from 1. */
  readonly steps: Set<string>;
  readonly refused: Set<string>;
}

export interface Uncovered {
  readonly rules: readonly string[];
  readonly steps: readonly string[];
  readonly rails: readonly string[];
  /** Share of everything that could be reached, in percent, rounded down. */
  readonly percent: number;
}

export function beginCoverage(): Coverage {
  return { fired: new Set(), steps: new Set(), refused: new Set() };
}

/** Adds what one entry has reached. */
export function cover(coverage: Coverage, { state, events, records }: FoldResult, { rules }: RuleSet): void {
  for (const event of events) {
    if (event.type === 'finding' && event.change === 'fired') coverage.fired.add(event.finding.rule);
  }
  for (const decision of records) {
    if (decision.verdict === 'refuse') {
      const rail = decision.rails.find(({ pass }) => !pass);
      if (rail !== undefined) coverage.refused.add(rail.rail);
    }
    // This rail refuses nothing: it lets a decision wait.
    if (decision.verdict === 'ask') coverage.refused.add('approval');
    const index = state.findings[`${decision.rule}/${decision.target}`]?.nextStep;
    const isRule = rules.some(({ name }) => name === decision.rule);
    if (isRule && index !== undefined && decision.verdict !== 'refuse')
      coverage.steps.add(stepName(decision.rule, index));
  }
}

/** What no case reaches. @param rails the names of all rails. */
export function uncovered(all: readonly Coverage[], rules: readonly Rule[], rails: readonly string[]): Uncovered {
  const reached = (key: keyof Coverage) => new Set(all.flatMap((coverage) => [...coverage[key]]));
  const without = (names: readonly string[], key: keyof Coverage) => {
    const unreached = reached(key);
    return names.filter((name) => !unreached.has(name));
  };
  const steps = rules.flatMap(({ name, steps: ladder }) => ladder.map((_, i) => stepName(name, i)));
  const names = rules.map(({ name }) => name);
  const left = { rules: without(names, 'fired'), steps: without(steps, 'steps'), rails: without(rails, 'refused') };
  const total = names.length + steps.length + rails.length;
  const missing = left.rules.length + left.steps.length + left.rails.length;
  return { ...left, percent: total === 0 ? 100 : Math.floor(((total - missing) / total) * 100) };
}

function stepName(rule: string, index: number): string {
  return `${rule} step ${index + 1}`;
}
