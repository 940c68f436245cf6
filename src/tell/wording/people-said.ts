/** Messages of what people said: holds, trust, answers to questions. Pure. */

import { formatClock } from '../../lib/times.ts';
import type { Decision } from '../../model/decisions/decision.ts';
import { formatDuration } from '../../model/duration.ts';
import { type Hold, scopeInWords } from '../../model/people/hold.ts';
import type { Message } from '../../model/people/message.ts';
import { messageOfNotice } from './messages.ts';
import { actionText } from './summary.ts';

interface At {
  readonly pool: string;
  /** Broker time in ms. */
  readonly at: number;
}

/** People forbid acting, or allow it again. The next one on call must know that nobody acts. */
export function messageOfHold(change: 'begun' | 'ended', hold: Hold, by: string, { pool, at }: At): Message {
  const what = scopeInWords(hold.scope, pool);
  const until = hold.until === undefined ? '' : ` until ${formatClock(hold.until)}`;
  const title = change === 'begun' ? `Held by ${by}: Weir does not act on ${what}` : `No longer held: ${what} (${by})`;
  const lines =
    change === 'begun'
      ? [
          `Reason: ${hold.reason}`,
          `It holds${until}, for ${formatDuration(Math.max(0, (hold.until ?? at) - at))}; watching and telling go on.`,
          'To end it sooner: `weir resume`',
        ]
      : [`It was held by ${hold.by}: ${hold.reason}`];
  return messageOfNotice({ pool, key: `hold.${change}.${at}`, severity: 'warn', title, lines, at, from: 'worker' });
}

export function messageOfTrust(by: string, { pool, at }: At): Message {
  const lines = ['The block after the last action is over, and the breaker is closed. Budgets stay as they are.'];
  const title = `${by} trusts the rules again: they may act`;
  return messageOfNotice({ pool, key: `trust.${at}`, severity: 'info', title, lines, at, from: 'worker' });
}

/** Writes how the wait for a yes ended. */
const ENDS: Readonly<
  Partial<Record<Decision['state'], { readonly title: string; readonly severity: Message['severity'] }>>
> = {
  approved: { title: 'Approved', severity: 'info' },
  denied: { title: 'Denied', severity: 'warn' },
  expired: { title: 'Nobody approved in time', severity: 'warn' },
  void: { title: 'No approval is needed any more', severity: 'info' },
};

/** A decision no longer waits for a yes. */
export function messageOfAnswered(decision: Decision, from = 'worker'): Message {
  const { title, severity } = ENDS[decision.state] ?? { title: decision.state, severity: 'warn' };
  return {
    id: `${decision.id}.${decision.state}`,
    kind: 'outcome',
    pool: decision.pool,
    severity,
    title: `${title}: ${actionText(decision)}`,
    lines: [...(decision.closing === undefined ? [] : [decision.closing]), `Next: \`weir why ${decision.id}\``],
    at: decision.closedAt ?? decision.at,
    from,
  };
}
