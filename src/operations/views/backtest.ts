/** What rules did over what was recorded, or what other ones would have done instead. */

import { noun } from '../../lib/text/units.ts';
import type { WeirConfig } from '../../model/configuration/config.ts';
import { formatDuration } from '../../model/duration.ts';
import { loadRules } from '../../rules/files/load.ts';
import { compareReplays, type Difference, proposalsInWords } from '../../rules/replay/backtest.ts';
import type { Episode } from '../../rules/replay/replay.ts';
import { formatDifference, formatEpisode, type ShownEpisode } from '../../tell/terminal/backtest.ts';
import { type Replayed, type ReplayOptions, replayAll } from './replay.ts';

export interface BacktestOptions extends ReplayOptions {
  /** The other rules: a folder. */
  readonly rules?: string;
}

/** What the rules did in one pool. */
export interface Backtest extends Pick<Replayed, 'entries' | 'from' | 'to' | 'recordedMs'> {
  readonly pool: string;
  /** What the rules of weir.yaml did. */
  readonly before: readonly Episode[];
  /** What the other rules would do otherwise; absent where there are none. */
  readonly differences?: readonly Difference[];
}

/** @throws WeirError 'rule' where a folder of rules cannot be used, 'usage' where nothing was recorded. */
export async function backtest(config: WeirConfig, options: BacktestOptions): Promise<Backtest[]> {
  const folders = [config.rules, ...(options.rules === undefined ? [] : [options.rules])];
  const sets = await Promise.all(folders.map((folder) => loadRules([folder])));
  return (await replayAll(config, options, sets)).map(({ pool, episodes: [before = [], after], ...span }) => ({
    pool: pool.name,
    ...span,
    before,
    ...(after !== undefined && { differences: compareReplays(before, after) }),
  }));
}

/** For people. `folder`: that of the rules of weir.yaml. */
export function backtestText(
  { pool, entries, from, recordedMs, before, differences }: Backtest,
  folder: string,
): string {
  const since = new Date(from).toISOString();
  const head = `Pool ${pool}: ${entries} ${noun(entries, 'entry', 'entries')} since ${since}, ${formatDuration(recordedMs)} of it recorded.`;
  const [lines, sum] =
    differences === undefined
      ? [
          before.map((episode) => formatEpisode(shown(episode))),
          `A rule fired ${before.length} ${noun(before.length, 'time')}.`,
        ]
      : [
          differences.map(differenceText),
          `${differences.length} ${noun(differences.length, 'difference')}; ${folder} fired ${before.length} ${noun(before.length, 'time')}.`,
        ];
  return [head, ...lines, sum].join('\n');
}

function differenceText(difference: Difference): string {
  return formatDifference(
    difference.kind === 'other'
      ? { kind: 'other', before: shown(difference.before), after: shown(difference.after) }
      : { kind: difference.kind, episode: shown(difference.episode) },
  );
}

function shown(episode: Episode): ShownEpisode {
  return { ...episode, wishes: proposalsInWords(episode) };
}
