import type { ActionJob, ActionKind, HandoverTerms, LeaseTerms } from '../../model/action.ts';
import type { PoolConfig } from '../../model/config.ts';
import type { Outcome } from '../../model/entry.ts';

/** What an outcome says beyond who and when. */
export type Done = Pick<Outcome, 'result' | 'detail' | 'weightBefore' | 'weightAfter' | 'moved' | 'stuck' | 'at'>;

/** What the hand can do for an action. Each tool looks, asks the rails, applies, and looks again. */
export interface Tools {
  /**
   * Puts a lease on the job's member and sets the intended weight. `unfit` may refuse once the base is known; `moving`
   * marks the lease until its producers are moved, so that a crash does not leave them behind.
   */
  takeLease(options: {
    terms: LeaseTerms;
    moving: boolean;
    unfit?: (base: number) => string | undefined;
  }): Promise<Done>;
  /** Ends the job's leases and sets the intended weight. */
  endLeases(): Promise<Done>;
  /** Asks the rails about an action that changes no weight, and writes down that it is begun. */
  begin(): Promise<Done | undefined>;
  /** Moves producers off the job's member if this node is MASTER. */
  moveProducers(options: { drained: boolean }): Promise<Pick<Done, 'detail' | 'moved' | 'stuck'>>;
  /** Gives the VIP away, and keeps it away for as long as the terms say. */
  handOver(terms: HandoverTerms): Promise<Done>;
  /** Takes an orphan VIP off the interface. */
  removeOrphan(): Promise<Done>;
  /** Now in broker ms. */
  now(): number;
}

/** One kind of action. */
export interface Action {
  readonly kind: ActionKind;
  run(job: ActionJob, pool: PoolConfig, tools: Tools): Promise<Done>;
}
