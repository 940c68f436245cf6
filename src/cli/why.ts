import { WeirError } from '../model/error.ts';
import { type CommandFile, type CommonOptions, configOf, printJson, withBroker, withConfig } from './command.ts';

interface Options extends CommonOptions {
  readonly json?: true;
  readonly last: string;
}

export const why: CommandFile = (program) => {
  withConfig(program.command('why'))
    .description('why something was done or was not: what every rule sees, values, every rail, outcomes')
    .argument('<about>', 'a decision, an incident, pool/member (or /node, /consumer), or a pool')
    .argument('[rule]', 'only this rule')
    .option('--last <n>', 'so many decisions, newest first', '3')
    .option('--json', 'the same for programs')
    .action(async (about: string, rule: string | undefined, options: Options) => {
      const config = await configOf(options);
      const count = Number(options.last);
      if (!Number.isInteger(count) || count < 1) {
        throw new WeirError('usage', `--last ${options.last}: a whole number from 1 is expected.`);
      }
      const { storyOf, storyText } = await import('../../workers/story.ts');
      const story = await withBroker(config, (redis) => storyOf(redis, config, { about, rule, count }));
      if (options.json === true) printJson(story);
      else process.stdout.write(`${storyText(story, about)}\n`);
    });
};
