import { poolOf } from '../../workers/names.ts';
import type { WeirConfig } from '../model/config.ts';
import { type Catalogue, SIGNALS } from '../model/signals.ts';
import type { Facts } from '../model/status.ts';
import { type CommandFile, type CommonOptions, configOf, printJson, withBroker, withConfig } from './command.ts';

interface Options extends CommonOptions {
  readonly pool?: string;
  readonly json?: true;
}

export const rulesSignals: CommandFile = (group) => {
  withConfig(group.command('signals'))
    .description('every signal that a rule can name: type, unit, source, meaning')
    .option('--pool <pool>', 'with the values that it has there now, and what the rules in force declare')
    .option('--json', 'the same for programs')
    .action(async (options: Options) => {
      const now = options.pool === undefined ? undefined : await valuesOf(await configOf(options), options.pool);
      const catalogue = now?.catalogue ?? SIGNALS;
      if (options.json === true) {
        printJson(now === undefined ? catalogue : { signals: catalogue, now: now.facts });
        return;
      }
      const [{ formatSignals }, { formatSignal }] = await Promise.all([
        import('../rules/signals-table.ts'),
        import('../tell/figures.ts'),
      ]);
      const shown = now && { facts: now.facts, format: formatSignal };
      process.stdout.write(`${formatSignals(catalogue, shown)}\n`);
    });
};

async function valuesOf(config: WeirConfig, name: string): Promise<{ catalogue: Catalogue; facts: Facts }> {
  const pool = poolOf(config, name);
  const { readPicture } = await import('../../workers/explain.ts');
  const { catalogueOf } = await import('../rules/extra.ts');
  return withBroker(config, async (redis) => {
    const { facts, ruleSet } = await readPicture(redis, config, pool.name);
    return { catalogue: catalogueOf(ruleSet?.extra ?? []), facts };
  });
}
