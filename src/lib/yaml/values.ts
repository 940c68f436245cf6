/** Kinds of values that weir.yaml and rule files have both, as zod schemas whose messages say what was expected. */

import { z } from 'zod';
import { type Budget, LONGEST_BUDGET_MS } from '../../model/configuration/budget.ts';
import { parseBudget, parseDuration } from '../../model/duration.ts';

const DURATION = 'expected a duration such as "30s", "2h30m" or "500ms"';

/** "1s", "2h30m"; to ms. The form is what parseDuration reads; editors know it from the JSON schema. */
export function durationMs() {
  return z
    .string({ error: DURATION })
    .regex(/^(\d+(\.\d+)?(ms|s|m|h|d))+$/, { error: DURATION })
    .transform((text) => parseDuration(text) as number);
}

const BUDGET = 'expected how many in which time, such as "3/1h", in a day at most';

/** "3/1h": at most 3 in any stretch of an hour. */
export function budget() {
  return z
    .string({ error: BUDGET })
    .regex(/^\d{1,6}\/(\d+(\.\d+)?(ms|s|m|h|d))+$/, { error: BUDGET, abort: true })
    .refine((text) => (parseBudget(text)?.perMs ?? Number.POSITIVE_INFINITY) <= LONGEST_BUDGET_MS, { error: BUDGET })
    .transform((text) => parseBudget(text) as Budget);
}
