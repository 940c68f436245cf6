import { formatDuration } from '../model/duration.ts';
import { EXIT } from '../model/error.ts';
import type { Episode } from '../rules/replay.ts';
import type { ShownEpisode } from '../tell/text/backtest.ts';
import { type CommandFile, type CommonOptions, configOf, printJson, withConfig } from './command.ts';
import { type RecordingOptions, type Replayed, replayAll } from './replay.ts';

interface Options extends CommonOptions, RecordingOptions {
  readonly rules?: string;
  readonly expectSame?: true;
  readonly json?: true;
}

export const rulesBacktest: CommandFile = (group, exit) => {
  withConfig(group.command('backtest'))
    .description('what the rules did over what was recorded, or what other ones would have done instead')
    .option('--since <time>', 'how far back', '7d')
    .option('--rules <folder>', 'the other rules')
    .option('--from <folder>', 'the recording (default: that of this host, under state_dir)')
    .option('--expect-same', 'exit 1 when they differ')
    .option('--json', 'the same for programs')
    .action(async (options: Options) => {
      const config = await configOf(options);
      const [{ loadRules }, { compareReplays, wishesInWords }, text] = await Promise.all([
        import('../rules/load.ts'),
        import('../rules/backtest.ts'),
        import('../tell/text/backtest.ts'),
      ]);
      const folders = [config.rules, ...(options.rules === undefined ? [] : [options.rules])];
      const sets = await Promise.all(folders.map((folder) => loadRules([folder])));
      const shown = (episode: Episode): ShownEpisode => ({ ...episode, wishes: wishesInWords(episode) });
      const results = (await replayAll(config, options, sets)).map((replayed) => {
        const [before = [], after] = replayed.replays.map((replay) => replay.episodes());
        return { replayed, before, ...(after !== undefined && { differences: compareReplays(before, after) }) };
      });
      if (options.json === true) {
        printJson(results.map(({ replayed, ...rest }) => ({ ...span(replayed), ...rest })));
      } else {
        for (const { replayed, before, differences } of results) {
          const lines =
            differences === undefined
              ? before.map((one) => text.formatEpisode(shown(one)))
              : differences.map((one) =>
                  text.formatDifference(
                    one.kind === 'other'
                      ? { ...one, before: shown(one.before), after: shown(one.after) }
                      : { ...one, episode: shown(one.episode) },
                  ),
                );
          const sum =
            differences === undefined
              ? `${before.length} times a rule fired.`
              : `${differences.length} differences; ${config.rules} fired ${before.length} times.`;
          process.stdout.write(`${[head(replayed), ...lines, sum].join('\n')}\n`);
        }
      }
      const differ = results.some(({ differences = [] }) => differences.length > 0);
      if (options.expectSame === true && differ) exit(EXIT.unverified);
    });
};

function span({ pool, from, to, recordedMs, replays: [first] }: Replayed) {
  return { pool: pool.name, from, to, recordedMs, entries: first?.count ?? 0 };
}

function head(replayed: Replayed): string {
  const { pool, from, recordedMs, entries } = span(replayed);
  const since = new Date(from).toISOString();
  return `Pool ${pool}: ${entries} entries since ${since}, ${formatDuration(recordedMs)} of it recorded.`;
}
