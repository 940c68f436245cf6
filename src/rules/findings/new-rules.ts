/** What becomes of a pool's findings when other rules are in force. */

import type { Finding } from '../../model/decisions/decision.ts';
import type { Entry } from '../../model/entries/entry.ts';
import { entryTime } from '../../model/ids.ts';
import { type FoldContext, hashesOf, type PoolState } from '../state/state.ts';

/**
 * Takes other rules into use: the settle time starts anew. A rule that has not changed keeps its findings and their timers.
 * A rule that was edited keeps its firing findings, whose ladder begins at the first step. A rule that is gone keeps none.
 */
export function withRules({ ruleSet, policy }: FoldContext, state: PoolState, entry: Entry): PoolState {
  if (state.ruleSetHash === ruleSet.hash) return state;
  const ruleHashes = hashesOf(ruleSet.rules);
  const findings = Object.entries(state.findings).flatMap(([key, finding]): [string, Finding][] => {
    const hash = ruleHashes[finding.rule];
    if (hash === undefined) return [];
    if (hash === state.ruleHashes[finding.rule]) return [[key, finding]];
    return finding.phase === 'firing' ? [[key, fromTheFirstStep(finding)]] : [];
  });
  const gone = Object.values(state.findings).filter(
    ({ rule, phase }) => phase === 'firing' && ruleHashes[rule] === undefined,
  );
  const unwatched = gone.map(({ rule, target }) => `${rule} ${target}`).join(', ');
  return {
    ...state,
    findings: Object.fromEntries(findings),
    settlesAt: entryTime(entry.id) + policy.settleMs,
    settleReason: `The rules are new${unwatched === '' ? '' : ` (no rule looks any more for what fired: ${unwatched})`}`,
    ruleSetHash: ruleSet.hash,
    ruleHashes,
  };
}

function fromTheFirstStep({ lastAnswer: _, ...finding }: Finding): Finding {
  return { ...finding, nextStep: 0 };
}
