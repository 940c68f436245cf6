/** `weir silence`: people mute telling of something, for a time. Watching and acting go on. */

import { WeirError } from '../model/error.ts';
import { MAX_SILENCE_MS } from '../model/people/silence.ts';
import type { silence as silenceOf } from '../operations/requests/silences.ts';
import { checkLimited } from '../operations/requests/terms.ts';
import { me, timeOf } from './ask.ts';
import { type CommandFile, type CommonOptions, configOf, printJson, withBroker, withConfig } from './command.ts';

interface Options extends CommonOptions {
  readonly for: string;
  readonly reason?: string;
  readonly severity?: string;
  readonly label?: readonly string[];
  readonly pool?: string;
  readonly json?: true;
}

const WHAT = 'an incident, a rule, a pool, pool/member; `list`; or `end` and the id of a silence';

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
      const said = await withBroker(config, async (redis) => {
        if (first === 'list' && options.json === true) return printJson(await silences.readSilences(redis, config));
        if (first === 'list') return (await silences.listSilences(redis, config)).join('\n');
        if (first === 'end') return silences.endSilence(redis, config, id, me().by);
        return silences.silence(redis, config, wishOf(first, options), me().by);
      });
      if (said !== undefined) process.stdout.write(`${said}\n`);
    });
};

function wishOf(about: string | undefined, options: Options): Parameters<typeof silenceOf>[2] {
  const { for: time, reason = '', severity, label = [], pool } = options;
  const forMs = timeOf('--for', time);
  checkLimited({ forMs, reason }, { command: 'silence', maxMs: MAX_SILENCE_MS }, me());
  if (severity !== undefined && severity !== 'page' && severity !== 'warn' && severity !== 'info') {
    throw new WeirError('usage', `--severity ${severity}: page, warn or info is expected.`);
  }
  const labels = label.map((text) => {
    const [, name = '', value = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (name === '') throw new WeirError('usage', `--label ${text}: name=value is expected.`);
    return [name, value] as const;
  });
  return {
    ...{ forMs, reason, labels: Object.fromEntries(labels) },
    ...(about !== undefined && { about }),
    ...(severity !== undefined && { severity }),
    ...(pool !== undefined && { pool }),
  };
}
