/** How urgent it is, the most urgent first: `page` wakes somebody up. */
export const SEVERITIES = ['page', 'warn', 'info'] as const;

export type Severity = (typeof SEVERITIES)[number];

export function isSeverity(text: string): text is Severity {
  return (SEVERITIES as readonly string[]).includes(text);
}

/** Negative when `a` is more urgent than `b`. */
export function compareSeverities(a: Severity, b: Severity): number {
  return SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b);
}
