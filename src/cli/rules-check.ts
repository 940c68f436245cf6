import { noun } from '../lib/text/units.ts';
import type { WeirConfig } from '../model/configuration/config.ts';
import { EXIT, messageOf } from '../model/error.ts';
import { type CommandFile, type CommonOptions, configOf, withBroker, withConfig } from './command.ts';
import { print, printError } from './print.ts';

export const rulesCheck: CommandFile = (group, exit) => {
  withConfig(group.command('check [paths...]'))
    .description('load rule files and say what is wrong, as file:line:col with the text below')
    .action(async (paths: string[], options: CommonOptions) => {
      const [{ readTexts }, { checkRules }, { formatProblems }] = await Promise.all([
        import('../rules/files/folder.ts'),
        import('../rules/files/load.ts'),
        import('../lib/yaml/problem.ts'),
      ]);
      const config = paths.length > 0 ? undefined : await configOf(options);
      const folders = config === undefined ? paths : [config.rules];
      const { ruleSet, problems } = checkRules(await readTexts(folders, 'rules'));
      if (ruleSet === undefined) {
        printError(formatProblems(problems, { excerpts: true }));
        exit(EXIT.rule);
        return;
      }
      for (const warning of ruleSet.warnings) printError(warning);
      const acting = ruleSet.rules.filter((rule) => rule.steps.length > 0);
      const shadow = acting.filter((rule) => rule.mode === undefined || rule.mode === 'shadow');
      const count = ruleSet.rules.length;
      print(
        `${count} ${noun(count, 'rule is', 'rules are')} fine: ${acting.length} with actions, ${shadow.length} of these only in shadow.`,
      );
      if (config !== undefined) print(await inForce(config, ruleSet.hash));
    });
};

async function inForce(config: WeirConfig, hash: string): Promise<string> {
  const { whetherInForce } = await import('../operations/rules-in-force.ts');
  try {
    return await withBroker(config, (redis) => whetherInForce(redis, hash));
  } catch (error) {
    return `Whether they are in force is not known here: ${messageOf(error)}`;
  }
}
