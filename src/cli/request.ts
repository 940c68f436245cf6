/** The commands by which a person acts: they become entries of the pool's stream and wait for what comes of them. */

import { memberOf } from '../../workers/names.ts';
import type { ActionKind } from '../model/action.ts';
import { WeirError } from '../model/error.ts';
import { ask, me, type RequestOptions, wishOf } from './ask.ts';
import { type CommandFile, configOf, withConfig } from './command.ts';

interface Options extends RequestOptions {
  readonly local?: true;
}

export const weight: CommandFile = (program, exit) => {
  withConfig(program.command('weight <pool/member> <weight>'))
    .description('lower a member to a weight on every director, for a time')
    .option('--for <time>', 'how long, like 30m or 2h', '1h')
    .option('--reason <text>', 'why; people read it')
    .option('--ask', 'wait for the yes of another person first (weir approve)')
    .option('--force', 'pass the rails that a person may pass; needs --reason, pages people')
    .option('--json', 'the decision for programs')
    .action(async (target: string, text: string, options: Options) => {
      const wanted = Number(text);
      if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65_535) {
        throw new WeirError('usage', `${text} is no weight: a whole number from 0 to 65535 is expected.`);
      }
      await askAbout('set_weight', target, options, exit, wanted);
    });
};

export const drain: CommandFile = (program, exit) => {
  withConfig(program.command('drain <pool/member>'))
    .description('take a member out on every director and move its producers, for a time')
    .option('--for <time>', 'how long, like 30m or 2h', '1h')
    .option('--reason <text>', 'why; people read it')
    .option('--ask', 'wait for the yes of another person first (weir approve)')
    .option('--force', 'pass the rails that a person may pass; needs --reason, pages people')
    .option('--json', 'the decision for programs')
    .action((target: string, options: Options) => askAbout('drain', target, options, exit));
};

export const restore: CommandFile = (program, exit) => {
  withConfig(program.command('restore <pool/member>'))
    .description('end every lease on a member: it gets back the weight it had')
    .option('--local', 'on this node only, without broker and workers')
    .option('--reason <text>', 'why; people read it')
    .option('--json', 'the decision for programs')
    .action(async (target: string, options: Options) => {
      if (options.local !== true) return askAbout('restore', target, options, exit);
      const config = await configOf(options);
      const { pool, member } = memberOf(config, target);
      const { restoreHere } = await import('../../workers/local-restore.ts');
      process.stdout.write(`${await restoreHere(config, pool, member, me())}\n`);
    });
};

async function askAbout(
  action: ActionKind,
  target: string,
  options: Options,
  exit: (code: number) => void,
  weight?: number,
): Promise<void> {
  const config = await configOf(options);
  const { pool, member } = memberOf(config, target);
  const request = { ...wishOf(options), pool: pool.name, action, target: member };
  await ask(config, { ...request, ...(weight !== undefined && { weight }) }, options, exit);
}
