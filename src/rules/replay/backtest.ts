/** Compares two replays: what an edited rule would have done otherwise. Pure. */

import type { Episode, Proposal } from './replay.ts';

export type Difference =
  | { readonly kind: 'more' | 'less'; readonly episode: Episode }
  | { readonly kind: 'other'; readonly before: Episode; readonly after: Episode };

/**
 * Compares two replays of one recording. Episodes of the same rule and target that overlap are the same episode. It differs
 * when it began at another time, or when the rails were asked for something else or answered otherwise.
 */
export function compareReplays(before: readonly Episode[], after: readonly Episode[]): Difference[] {
  const left = [...after];
  const differences: Difference[] = [];
  for (const episode of before) {
    const at = left.findIndex((candidate) => areSame(episode, candidate));
    const [twin] = at < 0 ? [] : left.splice(at, 1);
    if (twin === undefined) differences.push({ kind: 'less', episode });
    else if (episode.firedAt !== twin.firedAt || proposalsInWords(episode) !== proposalsInWords(twin)) {
      differences.push({ kind: 'other', before: episode, after: twin });
    }
  }
  differences.push(...left.map((episode): Difference => ({ kind: 'more', episode })));
  return differences.sort((x, y) => timeOf(x) - timeOf(y));
}

function areSame(x: Episode, y: Episode): boolean {
  if (x.rule !== y.rule || x.target !== y.target) return false;
  return (
    x.firedAt <= (y.resolvedAt ?? Number.POSITIVE_INFINITY) && y.firedAt <= (x.resolvedAt ?? Number.POSITIVE_INFINITY)
  );
}

function timeOf(difference: Difference): number {
  return difference.kind === 'other'
    ? Math.min(difference.before.firedAt, difference.after.firedAt)
    : difference.episode.firedAt;
}

/** `drain: refuse (capacity), drain: act`; `nothing` where the rule only tells. */
export function proposalsInWords({ wishes }: Episode): string {
  return wishes.length === 0 ? 'nothing' : wishes.map(proposalInWords).join(', ');
}

function proposalInWords({ action, verdict, rail }: Proposal): string {
  return `${action}: ${verdict}${rail === undefined ? '' : ` (${rail})`}`;
}
