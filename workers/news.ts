import { createHash } from 'node:crypto';
import type { Decision } from '../src/model/decision.ts';
import type { Happening } from '../src/model/incident.ts';
import type { News } from '../src/model/tell.ts';
import type { StepEvent } from '../src/rules/draft.ts';
import { newsOfClosed, newsOfDecision, newsOfFinding, newsOfNotice, newsOfOutcome } from '../src/tell/news.ts';
import { newsOfAck, newsOfAnswered, newsOfHold } from '../src/tell/people.ts';

/** What happened, with its words. `at` is broker time in ms. */
export function happeningOf(event: StepEvent, pool: string, at: number): Happening {
  switch (event.type) {
    case 'finding': {
      const { finding, rule } = event;
      return { type: 'finding', change: KIND[event.change], finding, rule, news: newsOfChange(event, pool, at) };
    }
    case 'decision':
    case 'closed': {
      const { decision } = event;
      const news = event.type === 'closed' ? newsOfEnd(decision) : newsOfDecision(decision);
      return { type: event.type, id: decision.id, decision, news };
    }
    case 'lease': {
      const { outcome, decision } = event;
      const id = outcome.decision.replace(/~.*$/, '');
      return { type: 'outcome', id, news: newsOfOutcome(decision, outcome), ...(decision && { decision }) };
    }
    default:
      return { type: 'notice', news: newsOfPeople(event, pool, at) };
  }
}

/** For who reads every line: what a console prints. Undefined for what is muted. */
export function newsOfEvent(event: StepEvent, pool: string, at: number): News | undefined {
  return event.type === 'finding' && event.finding.muted ? undefined : happeningOf(event, pool, at).news;
}

const KIND = { fired: 'firing', resolved: 'resolved', unknown: 'unknown' } as const;

function newsOfChange(event: Extract<StepEvent, { type: 'finding' }>, pool: string, at: number): News {
  const { runbook } = event.rule;
  return newsOfFinding(event.finding, KIND[event.change], { pool, at, ...(runbook !== undefined && { runbook }) });
}

function newsOfEnd(decision: Decision): News {
  return decision.verdict === 'ask' ? newsOfAnswered(decision) : newsOfClosed(decision);
}

function newsOfPeople(
  event: Extract<StepEvent, { type: 'hold' | 'people' | 'settling' }>,
  pool: string,
  at: number,
): News {
  switch (event.type) {
    case 'hold':
      return newsOfHold(event.change, event.hold, event.by, { pool, at });
    case 'people':
      return newsOfAck(event.by, { pool, at });
    default:
      return newsOfNotice({
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

/** A folder of rules that is not used as it stands. Every worker that sees the same fault tells the same news. */
export function newsOfRuleFault(fault: string, worker: string, at: number): News {
  return newsOfNotice({
    pool: 'all',
    key: `rules.${createHash('sha256').update(fault).digest('hex').slice(0, 12)}.${Math.floor(at / HOUR_MS)}`,
    severity: 'warn',
    title: 'The rule files are not used as they stand: the rules before them stay in force',
    lines: [fault, `Seen by ${worker}.`, 'Next: `weir rules check`, then `weir rules test`.'],
    at,
    from: 'worker',
  });
}
