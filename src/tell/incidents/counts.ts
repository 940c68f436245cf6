/** Forgets what the incident state counts by rule and target when its rule or its target is gone. */

import type { IncidentDraft } from './state.ts';

export function forgetCounts(draft: IncidentDraft): void {
  const isGone = (key: string) => {
    const slash = key.indexOf('/');
    return !draft.hasTarget(key.slice(slash + 1)) || draft.ruleOf(key.slice(0, slash)) === undefined;
  };
  for (const key of Object.keys(draft.nearMisses)) if (isGone(key)) delete draft.nearMisses[key];
  for (const key of Object.keys(draft.fired)) if (isGone(key)) delete draft.fired[key];
  for (const rule of Object.keys(draft.lastFired)) if (draft.ruleOf(rule) === undefined) delete draft.lastFired[rule];
}
