import { EXIT } from '../model/error.ts';
import { type CommandFile, type CommonOptions, configOf, printJson, withConfig } from './command.ts';

interface Options extends CommonOptions {
  readonly json?: true;
}

export const rules: CommandFile = (program, exit) => {
  const group = program.command('rules').description('the rule files').helpCommand(false);

  withConfig(group.command('check [paths...]'))
    .description('load rule files and say what is wrong, as file:line:col')
    .action(async (paths: string[], options: Options) => {
      const { loadRules } = await import('../rules/load.ts');
      const folders = paths.length > 0 ? paths : [(await configOf(options)).rules];
      const set = await loadRules(folders);
      for (const warning of set.warnings) process.stderr.write(`${warning}\n`);
      const acting = set.rules.filter((rule) => rule.steps.length > 0);
      const shadow = acting.filter((rule) => rule.mode === undefined || rule.mode === 'shadow');
      process.stdout.write(
        `${set.rules.length} rules are fine: ${acting.length} with actions, ${shadow.length} of these only in shadow.\n`,
      );
      exit(set.rules.length === 0 ? EXIT.rule : 0);
    });

  withConfig(group.command('signals'))
    .description('every signal that a rule can name: type, unit, source, meaning')
    .option('--json', 'the same for programs')
    .action(async (options: Options) => {
      const { SIGNALS } = await import('../model/signals.ts');
      if (options.json === true) {
        printJson(SIGNALS);
        return;
      }
      const { formatSignals } = await import('../rules/signals-table.ts');
      process.stdout.write(`${formatSignals()}\n`);
    });
};
