import type { TellPlan } from './config.ts';

/** How people are told where weir.yaml says nothing, and nobody is named to be told. */
export const DEFAULT_PLAN: TellPlan = {
  routes: [],
  group: { waitMs: 5_000, intervalMs: 60_000, repeatMs: 14_400_000 },
  limit: { max: 20, perMs: 60_000 },
};
