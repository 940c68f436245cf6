/** `weir silence`: people mute telling of something, for a time. Watching and acting go on. */

import { defined } from '../lib/defined.ts';
import { WeirError } from '../model/error.ts';
import type { SilenceWish } from '../operations/requests/silences.ts';
import { limitedOf, type Submit } from '../operations/requests/terms.ts';
import { type CommandFile, type CommonOptions, configOf, withBroker, withConfig } from './command.ts';
import { me } from './me.ts';
import { print, printJson } from './print.ts';

interface Options extends CommonOptions {
  readonly for: string;
  readonly reason?: string;
  readonly severity?: string;
  readonly label?: readonly string[];
  readonly pool?: string;
  readonly json?: true;
}

const WHAT = 'an incident, a rule, a pool, pool/member; `list`; or `end` and the id of a silence; left out: lists';

export const silence: CommandFile = (program) => {
  withConfig(program.command('silence'))
    .description('tell nobody of something, for a time; Weir goes on to watch and to act')
    .argument('[what...]', WHAT)
    .option('--for <time>', 'how long, like 30m or 2h; 7d at most', '1h')
    .option('--reason <text>', 'why; needed, people read it')
    .option('--severity <severity>', 'only page, warn or info')
    .option('--label <name=value...>', 'only what carries these labels')
    .option('--pool <pool>', 'only in this pool')
    .option('--json', 'with `list`: print JSON')
    .action(async (what: string[], options: Options) => {
      const config = await configOf(options);
      const silences = await import('../operations/requests/silences.ts');
      const [first, id = ''] = what;
      if ((first === 'list' || isBare(what, options)) && options.json === true) {
        return printJson(await withBroker(config, (redis) => silences.readSilences(redis, config)));
      }
      const submit: Submit<string> =
        first === 'list' || isBare(what, options)
          ? async (redis) => (await silences.listSilences(redis, config)).join('\n')
          : first === 'end'
            ? (redis) => silences.endSilence(redis, config, id, me().by)
            : silences.silence(config, wishOf(what, options), me());
      print(await withBroker(config, submit));
    });
};

/** Nothing was named: as with `weir ack` and `weir approve`, that lists. */
function isBare(what: readonly string[], { reason, severity, label, pool }: Options): boolean {
  return what.length === 0 && [reason, severity, label, pool].every((one) => one === undefined);
}

/** @throws WeirError 'usage' where a time or a label is none. */
function wishOf([about, also]: readonly string[], options: Options): SilenceWish {
  const { severity, label = [], pool } = options;
  const labels = label.map((text) => {
    const [, name = '', value = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (name === '') throw new WeirError('usage', `--label ${text}: name=value is expected.`);
    return [name, value] as const;
  });
  return {
    ...limitedOf(options, me()),
    labels: Object.fromEntries(labels),
    ...defined({ about, also, severity, pool }),
  };
}
