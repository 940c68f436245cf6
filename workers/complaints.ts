/** What fails in a role, in its log: what it was, why, and not the same again and again. */

import { isBrokerAway } from '../src/broker/why-away.ts';
import type { Logger } from '../src/lib/log.ts';
import { messageOf } from '../src/model/error.ts';

/** `doing`: what failed, in a word or two, as `poll logs`. */
export type Complain = (error: unknown, doing?: string) => void;

/** The same is said again after so long, in ms. */
const AGAIN_MS = 300_000;

/** So many different ones are remembered. */
const REMEMBERED = 200;

/**
 * A role's way to say that something failed. What only says that the broker is away goes to `onBrokerAway`: that is said once
 * for all of them.
 */
export function createComplaints(log: Logger, onBrokerAway: (error: unknown) => void): Complain {
  const lastSaid = new Map<string, { at: number; more: number }>();
  return (error, doing = 'something') => {
    if (isBrokerAway(error)) return onBrokerAway(error);
    const why = messageOf(error);
    const key = `${doing} ${why}`;
    const now = performance.now();
    const before = lastSaid.get(key);
    if (before !== undefined && now - before.at < AGAIN_MS) {
      before.more += 1;
      return;
    }
    const more = before?.more ?? 0;
    if (lastSaid.size >= REMEMBERED) lastSaid.clear();
    lastSaid.set(key, { at: now, more: 0 });
    log.error({ error, ...(more > 0 && { timesSince: more }) }, `${doing} failed`);
  };
}
