import { createHash } from 'node:crypto';
import { defined } from '../lib/defined.ts';
import type { Decision } from '../model/decisions/decision.ts';
import { leaseIdOf } from '../model/ids.ts';
import type { Happened } from '../model/people/incident.ts';
import type { Message } from '../model/people/message.ts';
import type { FoldEvent } from '../rules/state/draft.ts';
import {
  messageOfClosed,
  messageOfDecision,
  messageOfFinding,
  messageOfNotice,
  messageOfOutcome,
} from '../tell/wording/messages.ts';
import { messageOfAnswered, messageOfHold, messageOfTrust } from '../tell/wording/people-said.ts';

/** What happened, with its words. `at` is broker time in ms. */
export function happenedOf(event: FoldEvent, pool: string, at: number): Happened {
  switch (event.type) {
    case 'finding': {
      const { finding, rule } = event;
      return { type: 'finding', change: KIND[event.change], finding, rule, message: messageOfChange(event, pool, at) };
    }
    case 'decision':
    case 'closed': {
      const { decision } = event;
      const message = event.type === 'closed' ? messageOfEnd(decision) : messageOfDecision(decision);
      return { type: event.type, id: decision.id, decision, message };
    }
    case 'lease': {
      const { outcome, decision } = event;
      const id = leaseIdOf(outcome.decision);
      return { type: 'outcome', id, message: messageOfOutcome(decision, outcome), ...(decision && { decision }) };
    }
    default:
      return { type: 'notice', message: messageOfOther(event, pool, at) };
  }
}

/** What a console prints of an event; undefined for a muted finding. */
export function messageOfEvent(event: FoldEvent, pool: string, at: number): Message | undefined {
  return event.type === 'finding' && event.finding.muted ? undefined : happenedOf(event, pool, at).message;
}

const KIND = { fired: 'firing', resolved: 'resolved', unknown: 'unknown' } as const;

function messageOfChange(event: Extract<FoldEvent, { type: 'finding' }>, pool: string, at: number): Message {
  const { runbook } = event.rule;
  const { why } = event;
  const more = defined({ runbook, why });
  return messageOfFinding(event.finding, KIND[event.change], { pool, at, ...more });
}

function messageOfEnd(decision: Decision): Message {
  return decision.verdict === 'ask' ? messageOfAnswered(decision) : messageOfClosed(decision);
}

function messageOfOther(
  event: Extract<FoldEvent, { type: 'hold' | 'people' | 'settling' | 'unreadable' }>,
  pool: string,
  at: number,
): Message {
  switch (event.type) {
    case 'hold':
      return messageOfHold(event.change, event.hold, event.by, { pool, at });
    case 'unreadable':
      return messageOfNotice({
        pool,
        key: `unreadable.${event.entryId}`,
        severity: 'warn',
        title: `Entry set aside: this worker cannot read what ${event.writer} wrote`,
        lines: [
          `Entry ${event.entryId}: ${event.why}. This is said once; weir_unreadable_entries_total counts all of them.`,
          'What it reports or asks for is lost. Next: compare the versions of Weir there and here, and `seal` in weir.yaml.',
        ],
        at,
        from: 'worker',
      });
    case 'people':
      return messageOfTrust(event.by, { pool, at });
    default:
      return messageOfNotice({
        pool,
        // Two reasons in one second are two notices.
        key: `settling.${event.at}.${event.reason
          .toLowerCase()
          .replaceAll(/[^a-z]+/g, '-')
          .slice(0, 40)}`,
        severity: 'info',
        title: `${event.reason}: Weir watches before it acts`,
        at: event.at,
        from: 'worker',
      });
  }
}

const HOUR_MS = 3_600_000;

/** A folder of rules is rejected. All workers that see the same fault make the same message. */
/** Somebody with the broker's password tried to put rules in force. Said once an hour, whichever workers see it. */
export function messageOfForgedRules(worker: string, at: number): Message {
  return messageOfNotice({
    pool: 'all',
    key: `rules.forged.${Math.floor(at / HOUR_MS)}`,
    severity: 'warn',
    title: 'Rules that no worker has sealed stood in the broker: they are not used, those before stay in force',
    lines: [
      `Seen by ${worker}.`,
      "Next: find who has the broker's password, and change it (docs/rotation.md). A worker of an older Weir, or without seal.key, writes such rules too.",
    ],
    at,
    from: 'worker',
  });
}

export function messageOfRuleFault(fault: string, worker: string, at: number): Message {
  return messageOfNotice({
    pool: 'all',
    key: `rules.${createHash('sha256').update(fault).digest('hex').slice(0, 12)}.${Math.floor(at / HOUR_MS)}`,
    severity: 'warn',
    title: 'Rule files rejected: the rules before them stay in force',
    lines: [fault, `Seen by ${worker}.`, 'Next: `weir rules check`, then `weir rules test`.'],
    at,
    from: 'worker',
  });
}
