import { setTimeout as sleep } from 'node:timers/promises';
import { askAndWait, sentence } from '../../workers/ask.ts';
import { WeirError } from '../model/error.ts';
import { type RequestOptions, wishOf } from './ask.ts';
import { type CommandFile, configOf, withBroker, withConfig } from './command.ts';

interface Options extends RequestOptions {
  readonly end?: true;
}

export const maintain: CommandFile = (program) => {
  withConfig(program.command('maintain <node>'))
    .description('take a node out of service to patch it: drained, its lists empty, off the VIP; and back with --end')
    .option('--for <time>', 'how long, like 2h')
    .option('--end', 'put it back into service')
    .option('--reason <text>', 'why; people read it')
    .option('--force', 'pass the rails that a person may pass; needs --reason, pages people')
    .action(async (node: string, options: Options) => {
      const { leaseMs, ...wish } = wishOf(options);
      if ((options.end === true) === (leaseMs !== undefined)) {
        throw new WeirError('usage', `Say either --for how long, like \`weir maintain ${node} --for 2h\`, or --end.`);
      }
      const config = await configOf(options);
      const [{ beginMaintenance, endMaintenance }, { readStatus }] = await Promise.all([
        import('../../workers/maintain.ts'),
        import('../../workers/status.ts'),
      ]);
      await withBroker(config, (redis) => {
        const deps = {
          ask: (request: Parameters<typeof askAndWait>[1]) => askAndWait(redis, request),
          status: () => readStatus(redis, config),
          sentenceOf: sentence,
          say: (line: string) => void process.stdout.write(`${line}\n`),
          sleep,
          now: () => performance.now(),
        };
        return leaseMs === undefined
          ? endMaintenance(config, node, wish, deps)
          : beginMaintenance(config, node, { ...wish, leaseMs }, deps);
      });
    });
};
