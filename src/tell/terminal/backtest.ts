/** `weir rules backtest`: what rules did, or would do otherwise, over what was recorded. */

import { oneLine } from '../../lib/text/plain-text.ts';
import { formatIso } from '../../lib/times.ts';
import { formatDuration } from '../../model/duration.ts';

/** The part of a replayed episode that is shown. */
export interface ShownEpisode {
  readonly rule: string;
  readonly target: string;
  readonly firedAt: number;
  readonly resolvedAt?: number;
  /** The actions that the rule wanted, in words. */
  readonly wishes: string;
}

export type ShownDifference =
  | { readonly kind: 'more' | 'less'; readonly episode: ShownEpisode }
  | { readonly kind: 'other'; readonly before: ShownEpisode; readonly after: ShownEpisode };

/** One episode in a line of its own. */
export function formatEpisode(episode: ShownEpisode): string {
  return `${formatIso(episode.firedAt)}  ${about(episode)} fires ${lasting(episode)}: ${episode.wishes}`;
}

export function formatDifference(difference: ShownDifference): string {
  if (difference.kind !== 'other') {
    const { episode, kind } = difference;
    const what = kind === 'more' ? 'would fire' : 'would no longer fire';
    return `${kind === 'more' ? '+' : '-'} ${formatIso(episode.firedAt)}  ${about(episode)} ${what} ${lasting(episode)}: ${episode.wishes}`;
  }
  const { before, after } = difference;
  const byMs = after.firedAt - before.firedAt;
  const parts = [
    ...(byMs === 0 ? [] : [`would fire ${formatDuration(Math.abs(byMs))} ${byMs < 0 ? 'earlier' : 'later'}`]),
    ...(before.wishes === after.wishes ? [] : [`${after.wishes}, instead of ${before.wishes}`]),
  ];
  return `~ ${formatIso(before.firedAt)}  ${about(before)} ${parts.join(', and ')}`;
}

function about({ rule, target }: ShownEpisode): string {
  return oneLine(`${rule} ${target}`);
}

function lasting({ firedAt, resolvedAt }: ShownEpisode): string {
  return resolvedAt === undefined ? 'to the end' : `for ${formatDuration(resolvedAt - firedAt)}`;
}
