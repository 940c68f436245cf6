/** What people have to do with a pool now: what they hold, and what waits for their word. Nothing where there is nothing. */

import { formatDuration } from '../../model/duration.ts';
import { scopeInWords } from '../../model/hold.ts';
import type { PoolStatus } from '../../model/status.ts';
import type { Paint } from '../paint.ts';
import { oneLine } from '../plain.ts';
import { SIGN } from '../signs.ts';
import { actionText } from '../summary.ts';
import { wrap } from './layout.ts';

interface Place {
  readonly paint: Paint;
  readonly width: number;
  /** Broker time in ms. */
  readonly now: number;
}

export function holdLines({ name, holds = [] }: PoolStatus, place: Place): string[] {
  const texts = holds.map(({ scope, by, reason, until }) => {
    const left = until === undefined ? '' : ` for ${formatDuration(Math.max(0, until - place.now))} more`;
    return `${scopeInWords(scope, name)}${left}, by ${by}: ${reason}`;
  });
  return section('Held: Weir watches and does not act', texts, place);
}

export function waitingLines({ waiting = [] }: PoolStatus, place: Place): string[] {
  const texts = waiting.map((decision) => {
    const left = formatDuration(Math.max(0, (decision.approval?.until ?? place.now) - place.now));
    return `${actionText(decision)} (${decision.rule}), ${left} left: weir approve ${decision.id}`;
  });
  return section('Waits for a yes', texts, place);
}

function section(heading: string, texts: readonly string[], { paint, width }: Place): string[] {
  if (texts.length === 0) return [];
  const lines = texts.flatMap((text) => wrap(`${SIGN.warn} ${oneLine(text)}`, width, 2).map(paint.warn));
  return ['', paint.bold(heading), ...lines];
}
