import type { CommandFile } from './command.ts';
import { rulesBacktest } from './rules-backtest.ts';
import { rulesCheck } from './rules-check.ts';
import { rulesDrill } from './rules-drill.ts';
import { rulesSignals } from './rules-signals.ts';
import { rulesStatus } from './rules-status.ts';
import { rulesTest } from './rules-test.ts';

/** In the order of the help text. */
const COMMANDS = [rulesCheck, rulesTest, rulesSignals, rulesBacktest, rulesStatus, rulesDrill];

export const rules: CommandFile = (program, exit) => {
  const group = program.command('rules').description('check, test and replay rule files').helpCommand(false);
  for (const add of COMMANDS) add(group, exit);
};
