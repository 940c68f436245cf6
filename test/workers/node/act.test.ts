/** A node's job: what the queue says of it reaches the actuator. */

import type { Job } from 'bullmq';
import { expect, it } from 'vitest';
import type { ActionJob } from '../../../src/model/decisions/action.ts';
import type { Outcome } from '../../../src/model/decisions/outcome.ts';
import { actJob } from '../../../workers/node/act.ts';

it('whose lock is lost in the middle is cut off: another may do by then what this one still wants to do', async () => {
  const named = { pool: 'logs', node: 'a', member: 'b', decision: '1-1.request.b' } as const;
  const data: ActionJob = { ...named, action: 'drain', entryId: '1-1', expiresAt: Number.MAX_SAFE_INTEGER };
  const lock = new AbortController();
  const reported: Outcome[] = [];
  const said = await actJob({ data } as Job<ActionJob>, lock.signal, {
    async runJob(_, signal) {
      expect(signal.aborted).toBe(false);
      lock.abort();
      return { ...named, kind: 'outcome', at: 5, result: 'failed', detail: String(signal.aborted) };
    },
    report: (outcome) => void reported.push(outcome),
    now: () => 1,
  });
  expect(said).toBe('failed: true');
  expect(reported).toMatchObject([{ decision: '1-1.request.b', detail: 'true', startedAt: 1 }]);
});
