/** One entry at the desk. Pure: the same entries give the same desk. */

import { foldDecision } from './decisions.ts';
import { beginDesk, type Desk, type DeskDraft, type DeskInput, type DeskResult, finishDesk } from './desk.ts';
import { followThreads } from './due.ts';
import { countNearMisses, foldFinding, followFindings } from './incidents.ts';
import { foldNotice } from './notices.ts';
import { foldAckOf, foldSilence, foldUnsilence, followSilences } from './words.ts';

/** An entry of which nothing comes leaves the very same desk. */
export function foldDesk(desk: Desk, input: DeskInput): DeskResult {
  const draft = beginDesk(desk, input);
  countNearMisses(draft, input.before);
  for (const happening of input.happenings) {
    if (happening.type === 'finding') foldFinding(draft, happening);
    else if (happening.type === 'notice') foldNotice(draft, happening.news);
    else foldDecision(draft, happening);
  }
  foldWord(draft, input.body);
  followFindings(draft);
  followSilences(draft);
  followThreads(draft);
  const result = finishDesk(draft);
  return isSameDesk(desk, result.desk) ? { ...result, desk } : result;
}

function foldWord(draft: DeskDraft, body: DeskInput['body']): void {
  if (body.kind === 'ack' && body.incident !== undefined) foldAckOf(draft, body);
  else if (body.kind === 'silence') foldSilence(draft, body);
  else if (body.kind === 'unsilence') foldUnsilence(draft, body);
}

/** Then it need not be written again: that is so at nearly every entry. */
function isSameDesk(before: Desk, after: Desk): boolean {
  const { version: _, since: __, begun, ...parts } = before;
  if (begun !== after.begun) return false;
  return (Object.keys(parts) as (keyof typeof parts)[]).every((part) => isSame(parts[part], after[part]));
}

function isSame(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
