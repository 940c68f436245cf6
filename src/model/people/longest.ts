/** How long a person may hold something: a member at a weight, a node off the VIP. Pure. */

import { formatDuration } from '../duration.ts';

/** What is wrong with a time that a person asks for, both in ms; undefined: nothing. Unknown and endless are wrong too. */
export function timeFault(askedMs: number, longestMs: number): string | undefined {
  if (askedMs > 0 && askedMs <= longestMs) return undefined;
  const asked = Number.isFinite(askedMs) ? formatDuration(Math.max(0, askedMs)) : 'That';
  return `${asked} is not possible: a time above nothing and ${formatDuration(longestMs)} at most (policy.longest) is expected.`;
}
