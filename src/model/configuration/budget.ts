/** How many actions rules may take. */

/** At most so many actions of rules in any stretch of `perMs`. */
export interface Budget {
  readonly max: number;
  readonly perMs: number;
}

/** No budget looks further back, in ms. */
export const LONGEST_BUDGET_MS = 86_400_000;

/** Which actions a budget counts together. */
export type BudgetScope = 'target' | 'rule' | 'kind' | 'pool';
