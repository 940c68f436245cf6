import { type CommandFile, type CommonOptions, configOf, withBroker, withConfig } from './command.ts';
import { me } from './me.ts';
import { print } from './print.ts';

export const ack: CommandFile = (program) => {
  withConfig(program.command('ack'))
    .description('take an incident on: it is yours, and is not escalated any more')
    .argument('[incident]', 'such as logs-42; left out: lists those that nobody has')
    .action(async (about: string | undefined, options: CommonOptions) => {
      const config = await configOf(options);
      const { acknowledge } = await import('../operations/requests/acknowledge.ts');
      const said = await withBroker(config, (redis) => acknowledge(redis, config, about, me().by));
      print(said);
    });
};
