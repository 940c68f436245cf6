import { timeOf } from '../operations/requests/terms.ts';
import { onTorn } from './ask.ts';
import { type CommandFile, type CommonOptions, configOf, withConfig } from './command.ts';
import { print, printJson } from './print.ts';

interface Options extends CommonOptions {
  readonly since: string;
  readonly from?: string;
  readonly json?: true;
}

export const rulesStatus: CommandFile = (group) => {
  withConfig(group.command('status'))
    .description('show for each rule with actions how often it would have acted, and whether it is ready to')
    .option('--since <time>', 'how far back', '14d')
    .option('--from <folder>', 'the recording (default: that of this host, under state_dir)')
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const { from } = options;
      const sinceMs = timeOf(options.since, '--since');
      const config = await configOf(options);
      const { readinessText, readReadiness } = await import('../operations/views/readiness.ts');
      const pools = await readReadiness(config, { sinceMs, onTorn, ...(from !== undefined && { from }) });
      if (options.json === true) printJson(pools);
      else for (const pool of pools) print(readinessText(pool));
    });
};
