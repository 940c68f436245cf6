import { EXIT } from '../model/error.ts';
import { type CommandFile, type CommonOptions, configOf, withConfig } from './command.ts';
import { me } from './me.ts';
import { print, printJson } from './print.ts';

interface Options extends CommonOptions {
  readonly json?: true;
}

export const tell: CommandFile = (program, exit) => {
  const group = program.command('tell').description('test whether messages reach people').helpCommand(false);
  withConfig(group.command('test'))
    .description('send a test message along a route, and say for each destination whether it was delivered')
    .argument('<where>', "a route's number in weir.yaml, from 1; or slack, mail, webhook, slack:#channel, ...")
    .option('--json', 'print JSON')
    .action(async (where: string, options: Options) => {
      const config = await configOf(options);
      const { tellTest, triedText } = await import('../operations/tell-test.ts');
      const tried = await tellTest(config, where, me());
      if (options.json === true) printJson(tried);
      else print(triedText(tried));
      if (tried.some(({ fault }) => fault !== undefined)) exit(EXIT.unreachable);
    });
};
