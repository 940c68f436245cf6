import { type CommandFile, type CommonOptions, printJson } from './command.ts';

interface Options extends CommonOptions {
  readonly json?: true;
}

export const rulesSignals: CommandFile = (group) => {
  group
    .command('signals')
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
