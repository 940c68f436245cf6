import { type CommandFile, type CommonOptions, configOf, printJson, withConfig } from './command.ts';
import { type RecordingOptions, replayAll } from './replay.ts';

interface Options extends CommonOptions, RecordingOptions {
  readonly json?: true;
}

export const rulesStatus: CommandFile = (group) => {
  withConfig(group.command('status'))
    .description('of each rule with actions: how often it would have acted, and whether it is ready to')
    .option('--since <time>', 'how far back', '14d')
    .option('--from <folder>', 'the recording (default: that of this host, under state_dir)')
    .option('--json', 'the same for programs')
    .action(async (options: Options) => {
      const config = await configOf(options);
      const [{ loadRules }, { evidenceFor }, { formatTable }] = await Promise.all([
        import('../rules/load.ts'),
        import('../rules/evidence.ts'),
        import('../tell/text/layout.ts'),
      ]);
      const ruleSet = await loadRules([config.rules]);
      const acting = ruleSet.rules.filter(({ steps }) => steps.length > 0);
      const pools = (await replayAll(config, options, [ruleSet])).map(({ pool, replays: [replay], recordedMs }) => ({
        pool: pool.name,
        rules: acting.map((rule) => evidenceFor(rule, replay?.episodes() ?? [], recordedMs)),
      }));
      if (options.json === true) {
        printJson(pools);
        return;
      }
      const right = { align: 'right' as const };
      const columns = [
        { head: 'RULE' },
        { head: 'MODE' },
        { head: 'FIRED', ...right },
        { head: 'WOULD ACT', ...right },
        { head: 'REFUSED', ...right },
        { head: 'GONE', ...right },
      ];
      for (const { pool, rules } of pools) {
        const rows = rules.map((one) => [
          one.rule,
          one.mode,
          ...[one.fired, one.acted, one.refused, one.gone].map(String),
        ]);
        const sentences = rules.map(({ rule, sentence }) => `${rule}: ${sentence}`);
        process.stdout.write(`${[`Pool ${pool}`, ...formatTable(columns, rows), '', ...sentences].join('\n')}\n`);
      }
    });
};
