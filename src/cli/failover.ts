import { poolOf } from '../../workers/names.ts';
import { WeirError } from '../model/error.ts';
import type { HandoverWay } from '../model/handover.ts';
import { ask, type RequestOptions, wishOf } from './ask.ts';
import { type CommandFile, configOf, withBroker, withConfig } from './command.ts';

interface Options extends RequestOptions {
  readonly to?: string;
  readonly soft?: true;
  readonly hard?: true;
}

export const failover: CommandFile = (program, exit) => {
  withConfig(program.command('failover <pool>'))
    .description('move the VIP to another node, where both nodes say that it can be moved')
    .option('--to <node>', 'where to; it must be the one that would take it')
    .option('--soft', 'lower the priority: no packet is lost, some seconds, only where the peer preempts')
    .option('--hard', 'let go of the VIP at once: a fraction of a second without it')
    .option('--for <time>', 'keep the VIP away from the node for so long, like 2h')
    .option('--reason <text>', 'why; people read it')
    .option('--ask', 'wait for the yes of another person first (weir approve)')
    .option('--force', 'pass the rails that a person may pass; needs --reason, pages people')
    .option('--json', 'the decision for programs')
    .action(async (name: string, options: Options) => {
      if (options.soft === true && options.hard === true) {
        throw new WeirError('usage', '--soft and --hard are two ways: say one, or none and Weir chooses.');
      }
      const config = await configOf(options);
      const pool = poolOf(config, name);
      if (options.to !== undefined && pool.members[options.to] === undefined) {
        const names = Object.keys(pool.members).join(', ');
        throw new WeirError('usage', `Pool ${pool.name} has no node ${options.to}; it has ${names}.`);
      }
      const { readStatus } = await import('../../workers/status.ts');
      const target = await withBroker(config, async (redis) => {
        const { pools } = await readStatus(redis, config);
        return String(pools.find((one) => one.name === pool.name)?.facts.pool.master ?? '');
      });
      if (target === '') {
        throw new WeirError(
          'refused',
          `No fresh node of pool ${pool.name} says that it is MASTER: nothing can be handed over.`,
        );
      }
      const way: HandoverWay | undefined = options.soft ? 'soft' : options.hard ? 'hard' : undefined;
      const request = { ...wishOf(options), pool: pool.name, action: 'failover' as const, target };
      const where = { ...(options.to !== undefined && { to: options.to }), ...(way !== undefined && { way }) };
      await ask(config, { ...request, ...where }, options, exit);
    });
};
