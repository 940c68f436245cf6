import { type CommandFile, type CommonOptions, configOf, withBroker, withConfig } from './command.ts';
import { me } from './me.ts';
import { print } from './print.ts';

export const trust: CommandFile = (program) => {
  withConfig(program.command('trust'))
    .description('say that you have looked: rules that a block or the breaker stopped may act again')
    .argument('<pool>')
    .action(async (pool: string, options: CommonOptions) => {
      const config = await configOf(options);
      const acknowledgements = await import('../operations/requests/acknowledge.ts');
      const sentence = await withBroker(config, (redis) => acknowledgements.trust(redis, config, pool, me().by));
      print(sentence);
    });
};
