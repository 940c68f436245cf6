import { actOn, type RequestOptions, withTerms } from './ask.ts';
import { type CommandFile, withConfig } from './command.ts';

export const drain: CommandFile = (program, exit) => {
  withTerms(
    withConfig(program.command('drain <pool/member>'))
      .description('take a member out on every director and move its producers, for a time')
      .option('--for <time>', 'how long, like 30m or 2h', '1h'),
  ).action((member: string, options: RequestOptions) => actOn({ action: 'drain', member }, options, exit));
};
