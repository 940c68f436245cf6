import { type CommandFile, type CommonOptions, configOf, untilSignal, withConfig } from './command.ts';

interface Options extends CommonOptions {
  readonly observe: boolean;
}

export const worker: CommandFile = (program) => {
  withConfig(program.command('worker'))
    .description('the role that decides and tells: any number, anywhere')
    .option('--no-observe', 'this host has no way to the members: do not poll them from here')
    .action(async (options: Options) => {
      const config = await configOf(options);
      const { startWorker } = await import('../../workers/worker-role.ts');
      const role = await startWorker(config, { observe: options.observe });
      await untilSignal(role.stop);
    });
};
