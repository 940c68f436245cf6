/** The policy of a weir.yaml that says nothing (test/config holds the two against each other). */

import type { PolicyConfig } from './config.ts';

const HOUR_MS = 3_600_000;

export const DEFAULT_POLICY: PolicyConfig = {
  mode: 'shadow',
  settleMs: 90_000,
  minSecondsToFull: 1_800,
  budgets: {
    target: { max: 3, perMs: HOUR_MS },
    rule: { max: 6, perMs: HOUR_MS },
    kind: { max: 6, perMs: HOUR_MS },
    pool: { max: 10, perMs: HOUR_MS },
  },
  blockMs: 300_000,
  breaker: { unverified: 2, rearmMs: HOUR_MS },
  approval: { quorum: 1, withinMs: 900_000, approvers: [] },
  maintenance: [],
  raise: { steps: [10, 25, 50, 100], everyMs: 10_000 },
  longestMs: 7 * 24 * HOUR_MS,
};
