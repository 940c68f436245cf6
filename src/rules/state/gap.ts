/** The entries of a gap: a time in which nobody evaluated. */

import type { Decision } from '../../model/decisions/decision.ts';
import type { Entry } from '../../model/entries/entry.ts';
import { leaseIdOf } from '../../model/ids.ts';
import { foldAnswer } from '../decisions/approvals.ts';
import { foldOutcome } from '../decisions/open-decisions.ts';
import { endHolds } from '../findings/holds.ts';
import { type FoldResult, foldPeople, resultOf } from '../fold-entry.ts';
import { foldAlerts } from './alerts.ts';
import { beginDraft } from './draft.ts';
import type { FoldContext, PoolState } from './state.ts';
import { foldUnreadable } from './unreadable.ts';

/**
 * Folds one entry of a gap that counts after it (`isWord`), at its own time. What observers saw then is not known: no rule
 * is evaluated, no decision is followed, and the rails refuse what is approved, because they find no fresh reading. Pure.
 */
export function foldInGap(
  context: FoldContext,
  state: PoolState,
  entry: Entry,
  recorded: ReadonlyMap<string, Decision> = new Map(),
): FoldResult {
  const draft = beginDraft(context, { ...state, sweeps: {} }, entry);
  const { body } = entry;
  if (body.kind === 'unreadable') foldUnreadable(draft, body);
  if (body.kind === 'alerts') foldAlerts(draft, body);
  if (body.kind === 'outcome') foldOutcome(draft, body, recorded.get(leaseIdOf(body.decision)));
  endHolds(draft);
  foldPeople(draft, body);
  if (body.kind === 'answer') foldAnswer(draft, body, recorded.get(body.decision));
  const result = resultOf(draft);
  return { ...result, state: { ...result.state, sweeps: state.sweeps } };
}
