/** What an evaluation hands on with its commit: news for people, jobs for nodes. */

import type { OutboxItem } from '../src/broker/store.ts';
import { entryTime } from '../src/model/entry.ts';
import type { StepEvent } from '../src/rules/draft.ts';
import type { StepResult } from '../src/rules/step.ts';
import { newsOfEvent } from './news.ts';

interface Folded extends Pick<StepResult, 'state' | 'jobs'> {
  readonly events: readonly StepEvent[];
}

/** Pure. */
export function outboxOf(pool: string, { events, state, jobs }: Folded): OutboxItem[] {
  const at = entryTime(state.cursor);
  const news = events.flatMap((event) => newsOfEvent(event, pool, at) ?? []);
  return [
    ...news.map((one): OutboxItem => ({ queue: 'tell', id: one.id, data: one })),
    ...jobs.map((job): OutboxItem => ({ queue: 'act', id: job.decision, node: job.node, data: job })),
  ];
}
