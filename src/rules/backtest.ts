/** What an edited rule would have done otherwise. Pure. */

import type { Episode, Wish } from './replay.ts';

export type Difference =
  | { readonly kind: 'more' | 'less'; readonly episode: Episode }
  | { readonly kind: 'other'; readonly before: Episode; readonly after: Episode };

/**
 * Holds two replays of one recording against each other. Episodes of the same rule and target that overlap are the same
 * one; it differs when it began at another time, or the rails were asked for something else or answered otherwise.
 */
export function compareReplays(before: readonly Episode[], after: readonly Episode[]): Difference[] {
  const left = [...after];
  const differences: Difference[] = [];
  for (const one of before) {
    const at = left.findIndex((other) => areSame(one, other));
    const [other] = at < 0 ? [] : left.splice(at, 1);
    if (other === undefined) differences.push({ kind: 'less', episode: one });
    else if (one.firedAt !== other.firedAt || wishesInWords(one) !== wishesInWords(other)) {
      differences.push({ kind: 'other', before: one, after: other });
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
export function wishesInWords({ wishes }: Episode): string {
  return wishes.length === 0 ? 'nothing' : wishes.map(wishInWords).join(', ');
}

function wishInWords({ action, verdict, rail }: Wish): string {
  return `${action}: ${verdict}${rail === undefined ? '' : ` (${rail})`}`;
}
