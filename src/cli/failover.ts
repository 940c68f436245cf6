import { termsOf } from '../operations/requests/terms.ts';
import { type RequestOptions, send, withTerms } from './ask.ts';
import { type CommandFile, configOf, withConfig } from './command.ts';
import { me } from './me.ts';

interface Options extends RequestOptions {
  readonly to?: string;
  readonly soft?: true;
  readonly hard?: true;
}

export const failover: CommandFile = (program, exit) => {
  withTerms(
    withConfig(program.command('failover <pool>'))
      .description('move the VIP to another node, where both nodes say that it can be moved')
      .option('--to <node>', 'the node that gets it; it must be the one that would take it')
      .option('--soft', 'lower the priority: no packet is lost, some seconds, only where the peer preempts')
      .option('--hard', 'let go of the VIP at once: a fraction of a second without it')
      .option('--for <time>', 'keep the VIP away from the node for so long, like 2h'),
  ).action(async (pool: string, options: Options) => {
    const wish = { ...options, ...termsOf(options, me()), pool };
    const config = await configOf(options);
    const operation = await import('../operations/requests/failover.ts');
    await send(config, operation.failover(config, wish, me()), options, exit);
  });
};
