/** The items that an evaluation commits for delivery: threads to show, jobs for nodes. */

import type { OutboxItem } from '../../src/broker/store.ts';
import type { DesiredLease } from '../../src/model/decisions/action.ts';
import { FORMAT_VERSION } from '../../src/model/entries/version.ts';
import { deliveryKey } from '../../src/model/ids.ts';
import type { FoldResult } from '../../src/rules/fold-entry.ts';
import type { PoolState } from '../../src/rules/state/state.ts';
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

/** The live leases of the pool as they stand in the broker; those of open decisions, and what has changed, are written anyway. */
export function toSeal({ state }: { readonly state: PoolState }): DesiredLease[] {
  const standing = Object.values(state.leases).filter(({ id, entryId }) => !state.open[id] && entryId !== undefined);
  return standing.map(({ leaseMs: _, rule, ...lease }) => ({
    ...lease,
    unwritable: lease.unwritable ?? rule !== undefined,
  }));
}
