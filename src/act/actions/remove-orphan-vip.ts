import type { Action } from './action.ts';

/** Where keepalived is dead and its VIP stayed behind, two hosts answer for it: the one that nobody runs is taken off. */
export const removeOrphanVip: Action = {
  kind: 'remove_orphan_vip',
  run: (_job, _pool, tools) => tools.removeOrphan(),
};
