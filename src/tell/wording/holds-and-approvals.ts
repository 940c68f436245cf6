/** What people hold, and what waits for their answer, a sentence each. Terminal and page say it the same way. Pure. */

import { formatDuration } from '../../model/duration.ts';
import { scopeInWords } from '../../model/people/hold.ts';
import type { PoolStatus } from '../../model/people/status.ts';
import { actionText } from './summary.ts';

/** `now` is broker time in ms. */
export function holdTexts({ name, holds = [] }: PoolStatus, now: number): string[] {
  return holds.map(({ scope, by, reason, until }) => {
    const left = until === undefined ? '' : ` for ${formatDuration(Math.max(0, until - now))} more`;
    return `${scopeInWords(scope, name)}${left}, by ${by}: ${reason}`;
  });
}

/** Says which members the node raises step by step: nobody asked for this weight, and it is not the last one. */
export function raisingTexts({ raising = {} }: PoolStatus): string[] {
  return Object.entries(raising).map(([member, weight]) => `${member} is at weight ${weight} and rises in steps`);
}

export function waitingTexts({ waiting = [] }: PoolStatus, now: number): string[] {
  return waiting.map((decision) => {
    const left = formatDuration(Math.max(0, (decision.approval?.until ?? now) - now));
    return `${actionText(decision)} (${decision.rule}), ${left} left: weir approve ${decision.id}`;
  });
}
