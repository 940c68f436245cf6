import { WeirError } from '../model/error.ts';
import { poolOf } from '../operations/lookup.ts';
import { type CommandFile, type CommonOptions, configOf, withConfig } from './command.ts';
import { print, printJson } from './print.ts';

interface Options extends CommonOptions {
  readonly json?: true;
}

export const clients: CommandFile = (program) => {
  withConfig(program.command('clients <pool>'))
    .description('list who is connected to each member: through the VIP or directly, since when, doing what')
    .option('--json', 'print JSON')
    .action(async (name: string, options: Options) => {
      const config = await configOf(options);
      const pool = poolOf(config, name);
      const { clientsText, readClients } = await import('../operations/views/clients.ts');
      const clients = await readClients(pool);
      if (options.json === true) printJson(clients);
      else print(clientsText(pool, clients));
      if (clients.every((member) => member.clients === undefined)) {
        throw new WeirError(
          'unreachable',
          `No member of pool ${pool.name} says from this host who is connected to it.`,
        );
      }
    });
};
