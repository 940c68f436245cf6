import { Option } from 'commander';
import { defined } from '../lib/defined.ts';
import { ANSWER_KINDS, type AnswerKind } from '../model/readings/capture.ts';
import type { ReadSettings } from '../operations/read/settings.ts';
import { type CommandFile, type CommonOptions, configOf, withConfig } from './command.ts';
import { print, printJson } from './print.ts';

interface Options extends CommonOptions {
  readonly as?: AnswerKind;
  readonly pool?: string;
  readonly json?: true;
}

export const read: CommandFile = (program) => {
  withConfig(program.command('read <file>'))
    .description('show what Weir makes of a file of `weir capture`, or of one answer of a server: signal by signal')
    .addOption(
      new Option('--as <kind>', 'what the file is; left out: told by its content, else by its name').choices(
        ANSWER_KINDS,
      ),
    )
    .option('--pool <pool>', 'read it for this pool of weir.yaml; left out: for each')
    .option('--json', 'print JSON')
    .action(async (file: string, options: Options) => {
      const [{ readAnswers }, { formatReadout }] = await Promise.all([
        import('../operations/read/index.ts'),
        import('../tell/terminal/readout.ts'),
      ]);
      const settings = await settingsOf(options);
      const readout = await readAnswers({
        file,
        ...defined({ as: options.as, settings }),
      });
      if (options.json === true) printJson(readout);
      else print(formatReadout(readout, { width: process.stdout.columns ?? 100 }));
    });
};

/** A file can be read where there is no weir.yaml; one that is named, or that does not load, is none that is not there. */
async function settingsOf(options: Options): Promise<ReadSettings | undefined> {
  const { hasConfig } = await import('../config/load.ts');
  const isNamed = options.config !== undefined || options.pool !== undefined;
  if (!isNamed && !hasConfig({ env: process.env, cwd: process.cwd() })) return undefined;
  const config = await configOf(options);
  const { poolOf } = await import('../operations/lookup.ts');
  return { config, pools: options.pool === undefined ? Object.values(config.pools) : [poolOf(config, options.pool)] };
}
