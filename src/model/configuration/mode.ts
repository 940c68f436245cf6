/** How far Weir may go by itself. The lowest of policy, pool and rule counts. */
export const MODES = ['off', 'shadow', 'approve', 'auto'] as const;

export type Mode = (typeof MODES)[number];

/** The lower of two modes: `off < shadow < approve < auto`. */
export function lowerMode(a: Mode, b: Mode): Mode {
  return MODES.indexOf(a) <= MODES.indexOf(b) ? a : b;
}

/**
 * The mode that holds for a rule, and why where it is not what its file says: "shadow (policy.mode; its file says auto)".
 * @param own what its file says; absent: shadow.
 */
export function modeInWords(own: Mode | undefined, policy: Mode): string {
  const holds = lowerMode(own ?? 'shadow', policy);
  return holds === (own ?? 'shadow') ? holds : `${holds} (policy.mode; its file says ${own ?? 'shadow'})`;
}
