/** What people hold and silence in a pool now, and what waits for their answer. Empty where there is nothing. */

import { oneLine } from '../../lib/text/plain-text.ts';
import type { PoolStatus } from '../../model/people/status.ts';
import type { Paint } from '../notify/paint.ts';
import { holdTexts, raisingTexts, silenceTexts, waitingTexts } from '../wording/holds-and-approvals.ts';
import { SIGN } from '../wording/levels.ts';
import { wrap } from './layout.ts';

interface Place {
  readonly paint: Paint;
  readonly width: number;
  /** Broker time in ms. */
  readonly now: number;
}

export function holdLines(pool: PoolStatus, place: Place): string[] {
  return section('Held: Weir watches and does not act', holdTexts(pool, place.now), place);
}

export function silenceLines(pool: PoolStatus, place: Place): string[] {
  return section('Silenced: people are not told', silenceTexts(pool, place.now), place);
}

export function raisingLines(pool: PoolStatus, { paint, width }: Place): string[] {
  const texts = raisingTexts(pool);
  if (texts.length === 0) return [];
  return ['', paint.bold('Given back'), ...texts.flatMap((text) => wrap(`${SIGN.note} ${oneLine(text)}`, width, 2))];
}

export function waitingLines(pool: PoolStatus, place: Place): string[] {
  return section('Waits for approval', waitingTexts(pool, place.now), place);
}

function section(heading: string, texts: readonly string[], { paint, width }: Place): string[] {
  if (texts.length === 0) return [];
  const lines = texts.flatMap((text) => wrap(`${SIGN.warn} ${oneLine(text)}`, width, 2).map(paint.warn));
  return ['', paint.bold(heading), ...lines];
}
