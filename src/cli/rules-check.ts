import { EXIT } from '../model/error.ts';
import { type CommandFile, type CommonOptions, configOf, withConfig } from './command.ts';

export const rulesCheck: CommandFile = (group, exit) => {
  withConfig(group.command('check [paths...]'))
    .description('load rule files and say what is wrong, as file:line:col with the text below')
    .action(async (paths: string[], options: CommonOptions) => {
      const [{ readTexts }, { checkRules }, { formatProblems }] = await Promise.all([
        import('../rules/folder.ts'),
        import('../rules/load.ts'),
        import('../yaml.ts'),
      ]);
      const folders = paths.length > 0 ? paths : [(await configOf(options)).rules];
      const { ruleSet, problems } = checkRules(await readTexts(folders, 'rules'));
      if (ruleSet === undefined) {
        process.stderr.write(`${formatProblems(problems, { excerpts: true })}\n`);
        exit(EXIT.rule);
        return;
      }
      for (const warning of ruleSet.warnings) process.stderr.write(`${warning}\n`);
      const acting = ruleSet.rules.filter((rule) => rule.steps.length > 0);
      const shadow = acting.filter((rule) => rule.mode === undefined || rule.mode === 'shadow');
      process.stdout.write(
        `${ruleSet.rules.length} rules are fine: ${acting.length} with actions, ${shadow.length} of these only in shadow.\n`,
      );
    });
};
