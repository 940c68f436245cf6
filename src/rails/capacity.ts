import { formatBytes } from '../lib/text/units.ts';
import { DISRUPTIVE_KINDS } from '../model/decisions/action.ts';
import type { Proposal, Rail, RailFacts } from '../model/decisions/rail.ts';
import { formatDuration } from '../model/duration.ts';
import { MAX_SECONDS_TO_FULL, type SignalValue } from '../model/readings/signals.ts';
import { type Forecast, forecast } from './forecast.ts';
import { pass, passedBy, refuse } from './verdict.ts';

const NAME = 'capacity';

/** The least time to full that may be left, in s: the stricter of policy and rule, unless the rule says that it needs less. */
function leastSeconds({ limits, loosen }: Proposal, { policy }: RailFacts): number {
  return loosen?.minSecondsToFull ?? Math.max(policy.minSecondsToFull, limits?.minSecondsToFull ?? 0);
}

function inWords({ name, inflowAfter, freeBytes, secondsAfter }: Forecast): string {
  const when =
    secondsAfter >= MAX_SECONDS_TO_FULL ? 'it does not fill' : `full in ${formatDuration(secondsAfter * 1_000)}`;
  return `${name} would take ${formatBytes(inflowAfter)}/s with ${formatBytes(freeBytes)} free: ${when}`;
}

function figuresOf(forecasts: readonly Forecast[], least: number): Record<string, SignalValue> {
  const rounded = (value: number) => Math.round(value);
  const each = forecasts.flatMap(({ name, inflowAfter, freeBytes, secondsNow, secondsAfter }) => [
    [`${name}.inflow_after`, rounded(inflowAfter)],
    [`${name}.free_bytes`, rounded(freeBytes)],
    [`${name}.seconds_to_full_now`, rounded(secondsNow)],
    [`${name}.seconds_to_full_after`, rounded(secondsAfter)],
  ]);
  return { ...Object.fromEntries(each), min_seconds_to_full: least };
}

/**
 * Rail 8. The members that remain must take what the target took: none of them may be full sooner than
 * min_seconds_to_full afterwards, nor keep less of its time than the rule allows. A target that takes no writes gives them
 * nothing that it would have kept: that passes with a warning.
 */
export const capacity: Rail = {
  name: NAME,
  number: 8,
  passable: true,
  applies: ({ action }) => DISRUPTIVE_KINDS.has(action),
  judge(proposal, facts) {
    const least = leastSeconds(proposal, facts);
    const foreseen = forecast(proposal, facts);
    const takesNothing = facts.facts.members[proposal.target]?.writable === false;
    if (typeof foreseen === 'string') {
      return takesNothing
        ? passedBy('warning', refuse(NAME, `${foreseen} ${proposal.target} takes no writes.`))
        : refuse(NAME, foreseen);
    }
    const figures = figuresOf(foreseen, least);
    const kept = proposal.limits?.keepsShare ?? 0;
    const bad = foreseen.filter(
      (member) =>
        member.secondsAfter < least ||
        (member.secondsAfter < member.secondsNow && member.secondsAfter < kept * member.secondsNow),
    );
    const [worst] = bad.sort((one, other) => one.secondsAfter - other.secondsAfter);
    if (worst === undefined) return pass(NAME, `${foreseen.map(inWords).join('; ') || 'Nobody takes more'}.`, figures);
    const wanted =
      worst.secondsAfter < least
        ? `at least ${formatDuration(least * 1_000)} are wanted`
        : `the rule wants ${Math.round(kept * 100)} % of the ${formatDuration(worst.secondsNow * 1_000)} that it has now`;
    const sentence = `${inWords(worst)}; ${wanted}.`;
    return takesNothing
      ? passedBy(
          'warning',
          refuse(
            NAME,
            `${sentence} ${proposal.target} takes no writes, so its producers are better off there.`,
            figures,
          ),
        )
      : refuse(NAME, sentence, figures);
  },
};
