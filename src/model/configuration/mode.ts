/** How far Weir may go by itself. The lowest of policy, pool and rule counts. */
export const MODES = ['off', 'shadow', 'approve', 'auto'] as const;

export type Mode = (typeof MODES)[number];
