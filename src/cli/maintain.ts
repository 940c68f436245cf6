import { termsOf } from '../operations/requests/terms.ts';
import type { RequestOptions } from './ask.ts';
import { type CommandFile, configOf, withBroker, withConfig } from './command.ts';
import { me } from './me.ts';
import { print } from './print.ts';

interface Options extends RequestOptions {
  readonly end?: true;
}

export const maintain: CommandFile = (program) => {
  withConfig(program.command('maintain <node>'))
    .description('take a node out of service to patch it: drained, its lists empty, off the VIP; --end puts it back')
    .option('--for <time>', 'how long, like 2h')
    .option('--end', 'put it back into service')
    .option('--reason <text>', 'why; people read it')
    .option('--force', 'pass hold, fresh, common cause, blast radius and capacity; needs --reason, pages people')
    .action(async (node: string, options: Options) => {
      const wish = { ...termsOf(options, me()), node, end: options.end === true };
      const config = await configOf(options);
      const operation = await import('../operations/requests/maintenance.ts');
      const say = (line: string) => void print(line);
      await withBroker(config, operation.maintain(config, wish, me(), say));
    });
};
