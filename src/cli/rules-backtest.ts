import { defined } from '../lib/defined.ts';
import { EXIT } from '../model/error.ts';
import { timeOf } from '../operations/requests/terms.ts';
import { onTorn } from './ask.ts';
import { type CommandFile, type CommonOptions, configOf, withConfig } from './command.ts';
import { print, printJson } from './print.ts';

interface Options extends CommonOptions {
  readonly since: string;
  readonly from?: string;
  readonly rules?: string;
  readonly expectSame?: true;
  readonly json?: true;
}

export const rulesBacktest: CommandFile = (group, exit) => {
  withConfig(group.command('backtest'))
    .description('show what the rules did over what was recorded, or what other rules would have done instead')
    .option('--since <time>', 'how far back', '7d')
    .option('--rules <folder>', 'compare with the rules of this folder')
    .option('--from <folder>', 'the recording (default: that of this host, under state_dir)')
    .option('--expect-same', 'exit with 1 when they differ')
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const { rules, from } = options;
      const sinceMs = timeOf(options.since, '--since');
      const config = await configOf(options);
      const operation = await import('../operations/views/backtest.ts');
      const results = await operation.backtest(config, {
        sinceMs,
        onTorn,
        ...defined({ from, rules }),
      });
      if (options.json === true) printJson(results);
      else for (const result of results) print(operation.backtestText(result, config.rules));
      const differ = results.some(({ differences = [] }) => differences.length > 0);
      if (options.expectSame === true && differ) exit(EXIT.unverified);
    });
};
