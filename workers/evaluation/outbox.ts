/** The items that an evaluation commits for delivery: threads to show, jobs for nodes. */

import type { OutboxItem } from '../../src/broker/store.ts';
import { FORMAT_VERSION } from '../../src/model/entries/version.ts';
import { deliveryKey } from '../../src/model/ids.ts';
import type { FoldResult } from '../../src/rules/fold-entry.ts';
import type { Notification } from '../../src/tell/incidents/state.ts';

interface Folded extends Pick<FoldResult, 'jobs'> {
  readonly shows: readonly Notification[];
}

/** Pure. */
export function outboxOf(pool: string, { shows, jobs }: Folded): OutboxItem[] {
  return [
    ...shows.map(
      (show): OutboxItem => ({ queue: 'show', id: deliveryKey(show.thread, show.place), data: { pool, ...show } }),
    ),
    ...jobs.map(
      (job): OutboxItem => ({
        queue: 'act',
        id: job.decision,
        node: job.node,
        data: { version: FORMAT_VERSION, ...job },
      }),
    ),
  ];
}
