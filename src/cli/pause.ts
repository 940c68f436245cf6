/** `weir pause` and `weir resume`: people forbid Weir to act, and let it act again. Watching and telling go on. */

import { SCOPE_HELP } from '../operations/lookup.ts';
import { limitedOf } from '../operations/requests/terms.ts';
import { type CommandFile, type CommonOptions, configOf, withBroker, withConfig } from './command.ts';
import { me } from './me.ts';
import { print } from './print.ts';

interface PauseOptions extends CommonOptions {
  readonly for: string;
  readonly reason?: string;
}

export const pause: CommandFile = (program) => {
  withConfig(program.command('pause'))
    .description('forbid Weir to act, for a time; it goes on to watch and to tell')
    .argument('[scope]', SCOPE_HELP, 'all')
    .option('--for <time>', 'how long, like 30m or 2h; 24h at most', '1h')
    .option('--reason <text>', 'why; needed, people read it')
    .action(async (scope: string, options: PauseOptions) => {
      const wish = { scope, ...limitedOf(options, me()) };
      const config = await configOf(options);
      const operation = await import('../operations/requests/hold.ts');
      print(await withBroker(config, operation.pause(config, wish, me())));
    });
};

export const resume: CommandFile = (program) => {
  withConfig(program.command('resume'))
    .description('let Weir act again: ends a hold of `weir pause`')
    .argument('[scope]', SCOPE_HELP, 'all')
    .action(async (scope: string, options: CommonOptions) => {
      const config = await configOf(options);
      const operation = await import('../operations/requests/hold.ts');
      const lines = await withBroker(config, operation.resume(config, scope, me()));
      print(lines.join('\n'));
    });
};
