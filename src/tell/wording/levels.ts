/**
 * Signs and words for states. A sign never stands without its word and no state is told by colour alone, so that a
 * colour-blind reader, a monochrome terminal and a screen reader all get it.
 */

import type { Decision } from '../../model/decisions/decision.ts';
import type { TellKind } from '../../model/people/message.ts';
import type { Severity } from '../../model/severity.ts';

/** How something is. `unknown` is a level of its own: neither good nor bad. */
export type Level = 'good' | 'note' | 'warn' | 'bad' | 'unknown';

/** Each sign is one column wide in every terminal, and no emoji on a phone. */
export const SIGN: Readonly<Record<Level, string>> = { good: '✓', note: '•', warn: '△', bad: '▲', unknown: '?' };

export const SEVERITY_LEVEL: Readonly<Record<Severity, Level>> = { page: 'bad', warn: 'warn', info: 'note' };

export function messageLevel({ kind, severity }: { readonly kind: TellKind; readonly severity: Severity }): Level {
  if (kind === 'resolved') return 'good';
  return kind === 'unknown' ? 'unknown' : SEVERITY_LEVEL[severity];
}

/** "FIRING page", "RESOLVED", "REFUSED": what stands before a title. */
export function messageWord({ kind, severity }: { readonly kind: TellKind; readonly severity: Severity }): string {
  switch (kind) {
    case 'firing':
      return `FIRING ${severity}`;
    case 'resolved':
    case 'unknown':
      return kind.toUpperCase();
    default:
      return severity;
  }
}

/** What was decided, and what came of it, in one word each. */
export function decisionLevel({ verdict, state }: Pick<Decision, 'verdict' | 'state'>): Level {
  if (verdict === 'refuse') return 'warn';
  if (verdict !== 'act') return 'note';
  if (state === 'verified') return 'good';
  return state === 'open' || state === 'closed' ? 'note' : 'bad';
}

export function decisionWord({ verdict, state }: Pick<Decision, 'verdict' | 'state'>): string {
  if (verdict === 'refuse') return 'refused';
  if (verdict === 'ask') return state === 'waiting' || state === 'closed' ? 'asks' : state;
  if (verdict === 'shadow') return 'shadow';
  if (state === 'open') return 'acting';
  return state === 'closed' ? 'acted' : state;
}
