import { type CommandFile, type CommonOptions, configOf, untilSignal, withConfig } from './command.ts';

interface Options extends CommonOptions {
  readonly name: string;
}

export const node: CommandFile = (program) => {
  withConfig(program.command('node'))
    .description('run the role of an LVS server: it polls, and it alone changes LVS and keepalived there')
    .requiredOption('--name <node>', "this server's name among the members of its pools")
    .action(async (options: Options) => {
      const config = await configOf(options);
      const { startNode } = await import('../../workers/roles/node.ts');
      const role = await startNode(config, options.name);
      await untilSignal(role);
    });
};
