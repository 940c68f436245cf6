/** That an action begins, and what came of it, as the node's audit has it. */

import type { ActionJob } from '../model/action.ts';
import type { AuditBody } from '../model/audit.ts';
import type { Outcome } from '../model/entry.ts';

/** A job is about to touch something. */
export function beginOf({ decision, member, action, entryId, ...job }: ActionJob): AuditBody {
  const { rule, strikes, record } = job;
  const weight = job.lease?.weight;
  return {
    ...{ kind: 'begin', decision, member, action, entryId },
    by: job.by ?? job.lease?.owner ?? job.handover?.owner ?? 'unknown',
    ...(rule !== undefined && { rule }),
    ...(strikes !== undefined && { strikes }),
    ...(weight !== undefined && { weight }),
    ...(record !== undefined && { record }),
  };
}

/** An outcome as a record: of a job that was begun its end, of one that was not that nothing was touched, else news. */
export function recordOf(outcome: Outcome, kind: 'end' | 'refused' | 'lease'): AuditBody {
  const { decision, member, result, detail, weightBefore, weightAfter } = outcome;
  return {
    ...{ kind, decision, member, result, detail },
    ...(weightBefore !== undefined && { weightBefore }),
    ...(weightAfter !== undefined && { weightAfter }),
  };
}

/** What a node says by itself: of something that was cut short, or owed to it, its end; else later news of a lease. */
export function recordOfNews(outcome: Outcome): AuditBody {
  return recordOf(outcome, outcome.result === 'applied' || outcome.result === 'failed' ? 'end' : 'lease');
}
