/** What an evaluation hands on with its commit: threads to be shown, jobs for nodes. */

import type { OutboxItem } from '../src/broker/store.ts';
import type { StepResult } from '../src/rules/step.ts';
import type { Show } from '../src/tell/desk/desk.ts';

interface Folded extends Pick<StepResult, 'jobs'> {
  readonly shows: readonly Show[];
}

/** Pure. */
export function outboxOf(pool: string, { shows, jobs }: Folded): OutboxItem[] {
  return [
    ...shows.map(
      (show): OutboxItem => ({ queue: 'show', id: `${show.thread}|${show.place}`, data: { pool, ...show } }),
    ),
    ...jobs.map((job): OutboxItem => ({ queue: 'act', id: job.decision, node: job.node, data: job })),
  ];
}
