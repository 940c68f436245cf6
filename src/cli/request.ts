/** The commands by which a person acts: they become entries of the pool's stream and wait for what comes of them. */

import type { ActWish } from '../operations/requests/act.ts';
import { termsOf } from '../operations/requests/terms.ts';
import { me, type RequestOptions, send, withTerms } from './ask.ts';
import { type CommandFile, configOf, withConfig } from './command.ts';
import { print } from './print.ts';

interface Options extends RequestOptions {
  readonly local?: true;
}

export const weight: CommandFile = (program, exit) => {
  withTerms(
    withConfig(program.command('weight <pool/member> <weight>'))
      .description('lower a member to a weight on every director, for a time')
      .option('--for <time>', 'how long, like 30m or 2h', '1h'),
  ).action((member: string, to: string, options: Options) =>
    actOn({ action: 'set_weight', member, weight: to }, options, exit),
  );
};

export const drain: CommandFile = (program, exit) => {
  withTerms(
    withConfig(program.command('drain <pool/member>'))
      .description('take a member out on every director and move its producers, for a time')
      .option('--for <time>', 'how long, like 30m or 2h', '1h'),
  ).action((member: string, options: Options) => actOn({ action: 'drain', member }, options, exit));
};

export const restore: CommandFile = (program, exit) => {
  withConfig(program.command('restore <pool/member>'))
    .description('end every lease on a member: it gets back the weight it had')
    .option('--local', 'on this node only, without broker and workers')
    .option('--reason <text>', 'why; people read it')
    .option('--json', 'the decision for programs')
    .action(async (member: string, options: Options) => {
      if (options.local !== true) return actOn({ action: 'restore', member }, options, exit);
      const config = await configOf(options);
      const { restoreHere } = await import('../operations/requests/restore-locally.ts');
      print(await restoreHere(config, member, me().by));
    });
};

async function actOn(
  wish: Pick<ActWish, 'action' | 'member' | 'weight'>,
  options: Options,
  exit: (code: number) => void,
): Promise<void> {
  const terms = termsOf(options, me());
  const config = await configOf(options);
  const { act } = await import('../operations/requests/act.ts');
  await send(config, act(config, { ...wish, ...terms }, me()), options, exit);
}
