import { poolsWith } from '../operations/lookup.ts';
import { type CommandFile, type CommonOptions, configOf, needsBroker, untilSignal, withConfig } from './command.ts';

interface Options extends CommonOptions {
  readonly name: string;
}

const ON_A_SERVER = { onlyInEtc: true };

export const node: CommandFile = (program) => {
  withConfig(program.command('node'), ON_A_SERVER)
    .description('run the role of an LVS server: it polls, and it alone changes LVS and keepalived there')
    .requiredOption('--name <node>', "this server's name among the members of its pools")
    .action(async (options: Options) => {
      const config = await configOf(options, { ...ON_A_SERVER, isRole: true });
      // A wrong name is told first: it is wrong whatever the broker is.
      poolsWith(config, options.name);
      needsBroker(config, 'node');
      const { startNode } = await import('../../workers/roles/node.ts');
      const role = await startNode(config, options.name);
      await untilSignal(role);
    });
};
