/** `weir why pool/member`: what every rule about it sees now, also where no rule fires. */

import { oneLine } from '../../lib/text/plain-text.ts';
import { formatWhen } from '../../lib/times.ts';
import { modeInWords } from '../../model/configuration/mode.ts';
import { formatDuration } from '../../model/duration.ts';
import type { Explanation } from '../../model/people/explanation.ts';
import type { Signals } from '../../model/readings/signals.ts';
import { formatValues } from '../wording/figures.ts';
import { SEVERITY_LEVEL, SIGN } from '../wording/levels.ts';

const ANSWER: Readonly<Record<string, string>> = { true: 'yes', false: 'no', undefined: '?' };

/** Pure; `now` is broker time in ms; no newline at the end. */
export function formatExplanation(explanation: Explanation, now: number): string {
  const { rule, joint, parts, phase, severity, mode, policy } = explanation;
  const level = phase === 'firing' ? SEVERITY_LEVEL[severity] : 'note';
  const acts = mode === undefined ? 'only tells' : `acts: ${modeInWords(mode, policy)}`;
  const how = joint === undefined ? '' : ` ${joint === '&&' ? 'All' : 'One'} of these must hold:`;
  return [
    `${SIGN[level]} ${oneLine(rule)} (${severity}, ${acts}): ${stateOf(explanation, now)}.${how}`,
    ...parts.map(
      ({ source, truth, values, missing }) =>
        `    ${(ANSWER[String(truth)] ?? '?').padEnd(4)}${oneLine(source)}${seen(values, missing)}`,
    ),
  ].join('\n');
}

function stateOf({ phase, truth, firesAt, muted, outBy }: Explanation, now: number): string {
  if (phase === 'firing' && outBy !== undefined) {
    return `fires, and is muted: ${oneLine(outBy.by)} has it out of service until ${formatWhen(outBy.until, now)}`;
  }
  if (phase === 'firing') return muted ? 'fires, and is muted by another rule' : 'fires';
  if (truth === undefined) return 'nobody can tell';
  if (!truth) return 'does not hold';
  const left = Math.max(0, (firesAt ?? now) - now);
  return left === 0 ? 'holds' : `holds, and fires in ${formatDuration(left)}`;
}

function seen(values: Signals, missing: readonly string[]): string {
  const parts = [...formatValues(values), ...missing.map((name) => `${name} not known`)];
  return parts.length === 0 ? '' : `  (${oneLine(parts.join(', '))})`;
}
