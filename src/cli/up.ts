import { type CommandFile, type CommonOptions, configOf, untilSignal, withConfig } from './command.ts';

interface Options extends CommonOptions {
  readonly name?: string;
  readonly observe: boolean;
}

export const up: CommandFile = (program) => {
  withConfig(program.command('up'))
    .description('run all roles in one process, with a broker of its own unless broker.url names one')
    .option('--name <node>', 'this host is also this node of its pools')
    .option('--no-observe', 'do not poll the members from here: this host has no way to them')
    .action(async (options: Options) => {
      const config = await configOf(options, { isRole: true });
      const { startAll } = await import('../../workers/roles/up.ts');
      const role = await startAll(config, options);
      await untilSignal(role);
    });
};
