/** What the rails on a node are handed, right before the kernel or a file is touched. */

import type { Budget } from '../configuration/budget.ts';
import type { EntryId } from '../ids.ts';
import type { Table } from '../readings/reading.ts';
import type { DirectorSignals } from '../readings/signals.ts';
import type { ActionKind } from './action.ts';
import type { Handover } from './handover.ts';
import type { RailVerdict } from './verdict.ts';

export interface HoldFileFacts {
  /** Why people forbid this node to act; undefined when nobody does. */
  readonly hold: string | undefined;
  /** A person's force. */
  readonly force: boolean;
}

export interface FenceFacts {
  /** The entry that it was decided on. */
  readonly entryId: EntryId;
  /** The highest entry that this node has acted on. */
  readonly highest?: EntryId | undefined;
  /** Broker time in ms; absent while this node has not heard it. */
  readonly now?: number | undefined;
}

/** By so much the clock of who decided may be ahead of the node's, in ms: both follow the broker's within it. */
export const ENTRY_AHEAD_MS = 5_000;

export interface NodeBudgetFacts {
  /** Broker times in ms at which this node took something, all of its pools together. */
  readonly takings: readonly number[];
  /** Broker time in ms. */
  readonly now: number;
  readonly budget: Budget;
}

export interface PreflightFacts {
  readonly action: ActionKind;
  readonly member: string;
  /** The weight that the member would have afterwards. */
  readonly weight: number;
  /** This node's table, read right now. */
  readonly table: Table;
  /** Members that this node's own fresh polls saw writable. A member that is not here may be anything. */
  readonly writable: ReadonlySet<string>;
  /** It was decided because, or while, the member could not be written. */
  readonly wasUnwritable?: boolean | undefined;
}

export interface VipPreflightFacts {
  /** This node's VRRP side by its own latest poll; undefined: not known now. */
  readonly director: DirectorSignals | undefined;
  /** Absent: an orphan VIP is removed. */
  readonly handover?: Handover | undefined;
  /** Members that this node's own fresh polls saw writable. */
  readonly writable: ReadonlySet<string>;
}

/** The rails on a node (src/rails/hold-file.ts, fence.ts, node-budget.ts, preflight.ts, preflight-vip.ts). */
export interface NodeRails {
  holdFile(facts: HoldFileFacts): RailVerdict;
  fence(facts: FenceFacts): RailVerdict;
  nodeBudget(facts: NodeBudgetFacts): RailVerdict;
  preflight(facts: PreflightFacts): RailVerdict;
  preflightVip(facts: VipPreflightFacts): RailVerdict;
}
