/** Folds one entry into the incident state. Pure: the same entries give the same state. */

import { isTrust } from '../../model/entries/entry.ts';
import { foldAckOf, foldTrustOf } from './acks.ts';
import { forgetCounts } from './counts.ts';
import { foldDecision } from './decisions.ts';
import { countNearMisses, foldFinding, followFindings } from './incidents.ts';
import { foldNotice } from './notices.ts';
import { foldSilence, foldUnsilence, followSilences } from './silences.ts';
import {
  beginIncidents,
  finishIncidents,
  type IncidentDraft,
  type IncidentInput,
  type IncidentResult,
  type IncidentState,
} from './state.ts';
import { followThreads } from './timers.ts';

/** Returns the same object when nothing changed. */
export function foldIncidents(incidentState: IncidentState, input: IncidentInput): IncidentResult {
  const draft = beginIncidents(incidentState, input);
  countNearMisses(draft, input.before);
  for (const happening of input.happenings) {
    if (happening.type === 'finding') foldFinding(draft, happening);
    else if (happening.type === 'notice') foldNotice(draft, happening.message);
    else foldDecision(draft, happening);
  }
  foldWord(draft, input.body);
  followFindings(draft);
  forgetCounts(draft);
  followSilences(draft);
  followThreads(draft);
  const result = finishIncidents(draft);
  return isSameState(incidentState, result.state) ? { ...result, state: incidentState } : result;
}

function foldWord(draft: IncidentDraft, body: IncidentInput['body']): void {
  if (isTrust(body)) foldTrustOf(draft);
  else if (body.kind === 'ack') foldAckOf(draft, body);
  else if (body.kind === 'silence') foldSilence(draft, body);
  else if (body.kind === 'unsilence') foldUnsilence(draft, body);
}

/** True when nothing changed, as at nearly every entry: the state need not be written again. */
function isSameState(before: IncidentState, after: IncidentState): boolean {
  // Fields that a later version may have written are not compared.
  const { version: _, since: __, begun, lastNumber: ___, ...parts } = after;
  if (begun !== before.begun) return false;
  return (Object.keys(parts) as (keyof typeof parts)[]).every((part) => isSame(before[part], parts[part]));
}

function isSame(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
