/** The evaluation's audit: what one entry has decided and closed, chained to the records before. Pure. */

import { chain, NO_HEAD } from '../../lib/audit/chain.ts';
import { type AuditBody, type AuditHead, type AuditRecord, EVALUATION } from '../../model/decisions/audit.ts';
import { scopeInWords } from '../../model/people/hold.ts';
import type { Draft, FoldEvent } from './draft.ts';

export function recordEvents(draft: Draft): { readonly records: AuditRecord[]; readonly head: AuditHead | undefined } {
  const pool = draft.context.pool.name;
  const records: AuditRecord[] = [];
  let head = draft.state.audit;
  for (const event of draft.events) {
    const body = bodyOf(event, pool);
    if (body === undefined) continue;
    const record = chain(head ?? NO_HEAD, { writer: EVALUATION, pool, at: draft.now, body });
    records.push(record);
    head = { seq: record.seq, hash: record.hash };
  }
  return { records, head };
}

function bodyOf(event: FoldEvent, pool: string): AuditBody | undefined {
  switch (event.type) {
    case 'decision':
      return { kind: 'decision', decision: event.decision };
    case 'closed': {
      const { id, state, closing = '', outcomes } = event.decision;
      return { kind: 'closed', decision: id, state, closing, outcomes };
    }
    case 'hold': {
      const what = scopeInWords(event.hold.scope, pool);
      return {
        kind: 'people',
        by: event.by,
        what: event.change === 'begun' ? `holds ${what}: ${event.hold.reason}` : `ends the hold on ${what}`,
      };
    }
    case 'people':
      return { kind: 'people', by: event.by, what: 'has looked: block and breaker are over' };
    default:
      return undefined;
  }
}
