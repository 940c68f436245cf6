import { type CommandFile, type CommonOptions, configOf, withBroker, withConfig } from './command.ts';
import { me } from './me.ts';
import { print } from './print.ts';

export const ack: CommandFile = (program) => {
  withConfig(program.command('ack'))
    .description('acknowledge an incident: it is yours, and is no longer escalated')
    .argument('[incident]', 'such as logs-42; left out: lists the ones that nobody has acknowledged')
    .action(async (about: string | undefined, options: CommonOptions) => {
      const config = await configOf(options);
      const { acknowledge } = await import('../operations/requests/acknowledge.ts');
      const sentence = await withBroker(config, (redis) => acknowledge(redis, config, about, me().by));
      print(sentence);
    });
};
