import { actOn, type RequestOptions, withTerms } from './ask.ts';
import { type CommandFile, withConfig } from './command.ts';

export const weight: CommandFile = (program, exit) => {
  withTerms(
    withConfig(program.command('weight <pool/member> <weight>'))
      .description('lower a member to a weight on every director, for a time')
      .option('--for <time>', 'how long, like 30m or 2h', '1h'),
  ).action((member: string, to: string, options: RequestOptions) =>
    actOn({ action: 'set_weight', member, weight: to }, options, exit),
  );
};
