import { oneLine } from '../../lib/text/plain-text.ts';
import { formatRatio } from '../../lib/text/units.ts';
import { FILLING_RATIO } from '../../model/readings/signals.ts';
import { type Html, html } from '../wording/html.ts';
import { type Level, SIGN } from '../wording/levels.ts';
import type { Summary } from '../wording/summary.ts';

/** A sign and its word. */
export function badge({ level, text }: Summary): Html {
  return html`<span class="badge ${level}"><span aria-hidden="true">${SIGN[level]}</span> ${oneLine(text)}</span>`;
}

/** Shows how full something is, with a mark where it counts as filling. */
export function meter(ratio: number, level: Level): Html {
  const width = Math.max(0, Math.min(100, ratio * 100)).toFixed(1);
  const mark = FILLING_RATIO * 100;
  return html`<svg class="meter ${level}" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${formatRatio(ratio)} of the memory limit"><rect class="track" width="100" height="10"/><rect class="fill" width="${width}" height="10"/><rect class="mark" x="${mark}" width="0.8" height="10"/></svg>`;
}
