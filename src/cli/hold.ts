/** `weir pause` and `weir resume`: people forbid Weir to act, and let it act again. Watching and telling go on. */

import { sayAndWait } from '../../workers/ask.ts';
import { SCOPE_HELP, scopeOf } from '../../workers/names.ts';
import { formatDuration, parseDuration } from '../model/duration.ts';
import { WeirError } from '../model/error.ts';
import { MAX_HOLD_MS, scopeInWords } from '../model/hold.ts';
import { me } from './ask.ts';
import { type CommandFile, type CommonOptions, configOf, withBroker, withConfig } from './command.ts';

interface PauseOptions extends CommonOptions {
  readonly for: string;
  readonly reason?: string;
}

export const pause: CommandFile = (program) => {
  withConfig(program.command('pause'))
    .description('forbid Weir to act, for a time; it goes on to watch and to tell')
    .argument('[scope]', SCOPE_HELP, 'all')
    .option('--for <time>', 'how long, like 30m or 2h; 24h at most', '1h')
    .option('--reason <text>', 'why; needed, people read it')
    .action(async (text: string, options: PauseOptions) => {
      const holdMs = parseDuration(options.for);
      if (holdMs === undefined || holdMs <= 0 || holdMs > MAX_HOLD_MS) {
        throw new WeirError('usage', `--for ${options.for}: a time such as 30m or 2h is expected, 24h at most.`);
      }
      const { reason = '' } = options;
      if (reason === '') throw new WeirError('usage', 'pause needs --reason: the next one on call reads it.');
      const config = await configOf(options);
      const { scope, pools } = scopeOf(config, text);
      await withBroker(config, async (redis) => {
        if (scope.kind === 'rule') {
          const { checkRule } = await import('../../workers/holds.ts');
          await checkRule(redis, scope.name);
        }
        for (const pool of pools) await sayAndWait(redis, { kind: 'hold', pool, scope, by: me(), reason, holdMs });
      });
      const words = scopeInWords(scope, pools.join(', '));
      process.stdout.write(
        `Held for ${formatDuration(holdMs)}: ${words}. What is under way comes to its end. Over before: weir resume ${text}\n`,
      );
    });
};

export const resume: CommandFile = (program) => {
  withConfig(program.command('resume'))
    .description('let Weir act again: takes away a hold that `weir pause` set')
    .argument('[scope]', SCOPE_HELP, 'all')
    .action(async (text: string, options: CommonOptions) => {
      const config = await configOf(options);
      const { scope, pools } = scopeOf(config, text);
      const { readHolds } = await import('../../workers/holds.ts');
      const left = await withBroker(config, async (redis) => {
        for (const pool of pools) await sayAndWait(redis, { kind: 'resume', pool, scope, by: me() });
        return (await Promise.all(pools.map((pool) => readHolds(redis, config, pool)))).flat();
      });
      const lines = left.map(
        ({ scope: one, by, reason, pool }) => `Still held: ${scopeInWords(one, pool)} by ${by}: ${reason}`,
      );
      const taken = `Taken away, if there was one: the hold on ${scopeInWords(scope, pools.join(', '))}.`;
      process.stdout.write(`${[taken, ...lines].join('\n')}\n`);
    });
};
