import type { WeirConfig } from '../model/configuration/config.ts';
import type { Facts } from '../model/people/status.ts';
import { type Catalogue, SIGNALS } from '../model/readings/signals.ts';
import { poolOf } from '../operations/lookup.ts';
import { type CommandFile, type CommonOptions, configOf, withBroker, withConfig } from './command.ts';
import { print, printJson } from './print.ts';

interface Options extends CommonOptions {
  readonly pool?: string;
  readonly json?: true;
}

export const rulesSignals: CommandFile = (group) => {
  withConfig(group.command('signals'))
    .description('list every signal that a rule can name: type, unit, source, meaning')
    .option('--pool <pool>', 'with the values of this pool now, and the signals that the rules in force declare')
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const now = options.pool === undefined ? undefined : await valuesOf(await configOf(options), options.pool);
      const catalogue = now?.catalogue ?? SIGNALS;
      if (options.json === true) {
        printJson(now === undefined ? catalogue : { signals: catalogue, now: now.facts });
        return;
      }
      const [{ formatSignals }, { formatSignal }] = await Promise.all([
        import('../rules/files/signals-table.ts'),
        import('../tell/wording/figures.ts'),
      ]);
      const shown = now && { facts: now.facts, format: formatSignal };
      print(formatSignals(catalogue, shown));
    });
};

async function valuesOf(config: WeirConfig, name: string): Promise<{ catalogue: Catalogue; facts: Facts }> {
  const pool = poolOf(config, name);
  const { readPicture } = await import('../operations/views/explain.ts');
  const { catalogueOf } = await import('../rules/files/declared-signals.ts');
  return withBroker(config, async (redis) => {
    const { facts, ruleSet } = await readPicture(redis, config, pool.name);
    return { catalogue: catalogueOf(ruleSet?.extra ?? []), facts };
  });
}
