/** Whether a shadow rule is ready to act, counted over what was recorded. Pure. */

import { noun } from '../../lib/text/units.ts';
import { lowerMode, type Mode } from '../../model/configuration/mode.ts';
import type { Rule } from '../../model/decisions/rule.ts';
import { formatDuration } from '../../model/duration.ts';
import type { Episode } from './replay.ts';

export interface Readiness {
  readonly rule: string;
  /** What its file says; shadow where that says nothing. */
  readonly mode: Mode;
  /** The lower of that and policy.mode: how far it goes now. */
  readonly holds: Mode;
  readonly fired: number;
  /** Episodes in which the rails let it act, or would have. */
  readonly acted: number;
  /** Episodes in which they always refused. */
  readonly refused: number;
  /** In how many of those that acted the problem was gone soon after. */
  readonly gone: number;
  readonly ready: boolean;
  /** One sentence: what is missing, or what to do. */
  readonly sentence: string;
}

/** A shorter recording says nothing: a week has every kind of day in it. In ms. */
const ENOUGH_MS = 7 * 86_400_000;

/** A problem that is gone so soon after the rule wanted to act needed no action. In ms. */
const SOON_MS = 120_000;

/** A rule that would have acted needlessly more often than in this share is not ready. */
const GONE_AT_MOST = 0.2;

/** @param recordedMs how much of the time was recorded, in ms. @param policy policy.mode. */
export function readinessOf(rule: Rule, episodes: readonly Episode[], recordedMs: number, policy: Mode): Readiness {
  const mine = episodes.filter((episode) => episode.rule === rule.name);
  const acts = mine.flatMap((episode) => {
    const proposal = episode.wishes.find(({ verdict }) => verdict !== 'refuse');
    return proposal === undefined ? [] : [{ episode, proposal }];
  });
  const refused = mine.filter(({ wishes }) => wishes.length > 0 && wishes.every(({ verdict }) => verdict === 'refuse'));
  // It resolves `keep_firing_for` after the problem is gone.
  const goneAt = ({ resolvedAt }: Episode) => (resolvedAt ?? Number.POSITIVE_INFINITY) - rule.keepFiringForMs;
  const gone = acts.filter(({ episode, proposal }) => goneAt(episode) - proposal.at <= SOON_MS);
  const counts = { fired: mine.length, acted: acts.length, refused: refused.length, gone: gone.length };
  const mode = rule.mode ?? 'shadow';
  const { ready, sentence } = judge(mode, counts, recordedMs);
  const holds = lowerMode(mode, policy);
  const lowered =
    holds === mode ? '' : ` Now it is ${holds}: policy.mode in weir.yaml is ${policy}, and the lower one holds.`;
  return { rule: rule.name, mode, holds, ...counts, ready, sentence: `${sentence}${lowered}` };
}

type Counts = Pick<Readiness, 'fired' | 'acted' | 'refused' | 'gone'>;

function judge(mode: Mode, { fired, acted, gone }: Counts, recordedMs: number): Pick<Readiness, 'ready' | 'sentence'> {
  const over = formatDuration(recordedMs);
  if (mode === 'off') return { ready: false, sentence: 'It is off.' };
  if (mode !== 'shadow') return { ready: true, sentence: `It is past shadow: its file says ${mode}.` };
  if (recordedMs < ENOUGH_MS) {
    return { ready: false, sentence: `Not ready: ${over} are recorded, ${formatDuration(ENOUGH_MS)} say enough.` };
  }
  if (acted === 0) {
    const why = fired === 0 ? 'it never fired' : 'it fired and never could have acted';
    return { ready: false, sentence: `Not known: in ${over} ${why}. Try it with a drill and its tests.` };
  }
  if (gone > acted * GONE_AT_MOST) {
    const soon = formatDuration(SOON_MS);
    return {
      ready: false,
      sentence: `Not ready: ${gone} of ${acted} ${noun(acted, 'time')} the problem was gone by itself within ${soon}. A longer \`for\` spares those.`,
    };
  }
  return {
    ready: true,
    sentence: `Ready: in ${over} it wanted to act ${acted} ${noun(acted, 'time')}, and the problem stayed ${acted - gone} ${noun(acted - gone, 'time')}. Set its mode to approve or auto.`,
  };
}
