/** The records of a node's audit: an action begins, and what came of it. */

import { defined } from '../../lib/defined.ts';
import type { ActionJob } from '../../model/decisions/action.ts';
import type { AuditBody } from '../../model/decisions/audit.ts';
import type { Outcome } from '../../model/decisions/outcome.ts';

/** A job is about to touch something. */
export function beginOf({ decision, member, action, entryId, ...job }: ActionJob): AuditBody {
  const { rule, strikes, record } = job;
  const weight = job.lease?.weight;
  return {
    kind: 'begin',
    decision,
    member,
    action,
    entryId,
    by: job.by ?? job.lease?.owner ?? job.handover?.owner ?? 'unknown',
    ...defined({ rule, strikes, weight, record }),
  };
}

/** An outcome as a record: the end of a job that began, the refusal of one that did not, or a later outcome of a lease. */
export function auditBodyOf(outcome: Outcome, kind: 'end' | 'refused' | 'lease'): AuditBody {
  const { decision, member, result, detail, weightBefore, weightAfter } = outcome;
  return {
    kind,
    decision,
    member,
    result,
    detail,
    ...defined({ weightBefore, weightAfter }),
  };
}

/** An outcome that no job asked for: the end of something that was cut short or desired, or a later outcome of a lease. */
export function auditBodyOfOutcome(outcome: Outcome): AuditBody {
  return auditBodyOf(outcome, outcome.result === 'applied' || outcome.result === 'failed' ? 'end' : 'lease');
}
