/** What people hold, and what waits for their answer, a sentence each. Terminal and page say it the same way. Pure. */

import type { Finding } from '../../model/decisions/decision.ts';
import { formatDuration } from '../../model/duration.ts';
import { findingKey } from '../../model/ids.ts';
import { scopeInWords } from '../../model/people/hold.ts';
import { matcherInWords } from '../../model/people/silence.ts';
import type { PoolStatus } from '../../model/people/status.ts';
import { actionText } from './summary.ts';

/** `now` is broker time in ms. */
export function holdTexts({ name, holds = [] }: PoolStatus, now: number): string[] {
  return holds.map(({ scope, by, reason, until }) => {
    const left = until === undefined ? '' : ` for ${formatDuration(Math.max(0, until - now))} more`;
    return `${scopeInWords(scope, name)}${left}, by ${by}: ${reason}`;
  });
}

/** What people are not told of, with the id that ends it. `now` is broker time in ms. */
export function silenceTexts({ silences = [] }: PoolStatus, now: number): string[] {
  return silences.map(({ id, matcher, by, reason, until }) => {
    const left = formatDuration(Math.max(0, until - now));
    return `${matcherInWords(matcher)}, for ${left} more, by ${by}: ${reason} (weir silence end ${id})`;
  });
}

/** The id of the incident that is open for a finding, and what people have said of it: "logs-42, acknowledged by ann". */
export function incidentText(pool: PoolStatus, { rule, target }: Pick<Finding, 'rule' | 'target'>): string | undefined {
  const key = findingKey(rule, target);
  const id = pool.incidents?.[key];
  if (id === undefined) return undefined;
  const by = pool.acked?.[key];
  const isSilenced = pool.silenced?.includes(key) === true;
  return [id, ...(by === undefined ? [] : [`acknowledged by ${by}`]), ...(isSilenced ? ['silenced'] : [])].join(', ');
}

/** Says which members the node raises step by step: nobody asked for this weight, and it is not the last one. */
export function raisingTexts({ raising = {} }: PoolStatus): string[] {
  return Object.entries(raising).map(([member, weight]) => `${member} is at weight ${weight} and rises in steps`);
}

export function waitingTexts({ waiting = [] }: Pick<PoolStatus, 'waiting'>, now: number): string[] {
  return waiting.map((decision) => {
    const left = formatDuration(Math.max(0, (decision.approval?.until ?? now) - now));
    return `${actionText(decision)} (${decision.rule}), ${left} left: weir approve ${decision.id}`;
  });
}
