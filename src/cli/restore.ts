import { actOn, type RequestOptions } from './ask.ts';
import { type CommandFile, configOf, withConfig } from './command.ts';
import { me } from './me.ts';
import { print } from './print.ts';

interface Options extends RequestOptions {
  readonly local?: true;
}

export const restore: CommandFile = (program, exit) => {
  withConfig(program.command('restore <pool/member>'))
    .description('end every lease on a member: it gets back the weight it had')
    .option('--local', 'on this node only, without broker and workers')
    .option('--reason <text>', 'why; people read it')
    .option('--json', 'print the decision as JSON')
    .action(async (member: string, options: Options) => {
      if (options.local !== true) return actOn({ action: 'restore', member }, options, exit);
      const config = await configOf(options);
      const { restoreHere } = await import('../operations/requests/restore-locally.ts');
      print(await restoreHere(config, member, me().by));
    });
};
