import { type CommandFile, type CommonOptions, configOf, needsBroker, untilSignal, withConfig } from './command.ts';

interface Options extends CommonOptions {
  readonly observe: boolean;
}

export const worker: CommandFile = (program) => {
  withConfig(program.command('worker'))
    .description('run the role that decides and tells: any number of them, anywhere')
    .option('--no-observe', 'do not poll the members from here: this host has no way to them')
    .action(async (options: Options) => {
      const config = await configOf(options, { isRole: true });
      needsBroker(config, 'worker');
      const { startWorker } = await import('../../workers/roles/worker.ts');
      const role = await startWorker(config, { observe: options.observe });
      await untilSignal(role);
    });
};
