import { WeirError } from '../model/error.ts';
import { type CommandFile, type CommonOptions, configOf, withBroker, withConfig } from './command.ts';
import { print, printJson } from './print.ts';

interface Options extends CommonOptions {
  readonly json?: true;
  readonly last: string;
}

export const why: CommandFile = (program) => {
  withConfig(program.command('why'))
    .description('show why something was done or not: what every rule sees, its values, every rail, outcomes')
    .argument('<about>', 'a decision, an incident, pool/member (or /node, /consumer), or a pool')
    .argument('[rule]', 'only this rule')
    .option('--last <n>', 'how many decisions, newest first', '3')
    .option('--json', 'print JSON')
    .action(async (about: string, rule: string | undefined, options: Options) => {
      const config = await configOf(options);
      const count = Number(options.last);
      if (!Number.isInteger(count) || count < 1) {
        throw new WeirError('usage', `--last ${options.last}: a whole number from 1 is expected.`);
      }
      const { storyOf, storyText } = await import('../operations/views/why.ts');
      const story = await withBroker(config, (redis) => storyOf(redis, config, { about, rule, count }));
      if (options.json === true) printJson(story);
      else print(storyText(story, about));
    });
};
