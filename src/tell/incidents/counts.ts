/** What the desk counts by rule and target, and when it is of nothing any more. */

import type { IncidentDraft } from './state.ts';

/** Forgets what is counted of targets that weir.yaml has no more, and of rules that are not in force. */
export function forgetCounts(draft: IncidentDraft): void {
  const isGone = (key: string) => {
    const slash = key.indexOf('/');
    return !draft.hasTarget(key.slice(slash + 1)) || draft.ruleOf(key.slice(0, slash)) === undefined;
  };
  for (const key of Object.keys(draft.nearMisses)) if (isGone(key)) delete draft.nearMisses[key];
  for (const key of Object.keys(draft.fired)) if (isGone(key)) delete draft.fired[key];
  for (const rule of Object.keys(draft.lastFired)) if (draft.ruleOf(rule) === undefined) delete draft.lastFired[rule];
}
