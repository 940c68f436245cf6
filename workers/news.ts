import { createHash } from 'node:crypto';
import type { News } from '../src/model/tell.ts';
import type { StepEvent } from '../src/rules/draft.ts';
import { newsOfClosed, newsOfDecision, newsOfFinding, newsOfNotice, newsOfOutcome } from '../src/tell/news.ts';
import { newsOfAck, newsOfAnswered, newsOfHold } from '../src/tell/people.ts';

const KIND = { fired: 'firing', resolved: 'resolved', unknown: 'unknown' } as const;

/** What people are told of an event; undefined for what is only recorded. */
export function newsOfEvent(event: StepEvent, pool: string, at: number): News | undefined {
  switch (event.type) {
    case 'finding': {
      if (event.finding.muted) return undefined;
      const { runbook } = event.rule;
      return newsOfFinding(event.finding, KIND[event.change], { pool, at, ...(runbook !== undefined && { runbook }) });
    }
    case 'decision':
      return newsOfDecision(event.decision);
    case 'closed':
      return event.decision.verdict === 'ask' ? newsOfAnswered(event.decision) : newsOfClosed(event.decision);
    case 'lease':
      return newsOfOutcome(event.decision, event.outcome);
    case 'hold':
      return newsOfHold(event.change, event.hold, event.by, { pool, at });
    case 'people':
      return newsOfAck(event.by, { pool, at });
    case 'settling':
      return newsOfNotice({
        pool,
        key: `settling.${event.at}`,
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
