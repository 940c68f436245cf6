import type { Action } from './action.ts';

/** Ends leases: the member gets the smallest of what is left, and its base when nothing is. */
export const restore: Action = {
  kind: 'restore',
  run: (_job, _pool, tools) => tools.endLeases(),
};
