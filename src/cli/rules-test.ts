import { writeFile } from 'node:fs/promises';
import { EXIT } from '../model/error.ts';
import { type CommandFile, type CommonOptions, configOf, withConfig } from './command.ts';
import { print } from './print.ts';

interface Options extends CommonOptions {
  readonly coverage?: true;
  readonly junit?: string;
}

export const rulesTest: CommandFile = (group, exit) => {
  withConfig(group.command('test [paths...]'))
    .description(
      'run the *.test.yaml beside the rule files on a simulated clock, with the evaluation and rails that run',
    )
    .option('--coverage', 'name the rules, steps and rails that no case reaches')
    .option('--junit <file>', 'write the results for a CI system too')
    .action(async (paths: string[], options: Options) => {
      const [{ loadTests }, { runCase }, { uncovered }, report, { RAILS }, { TESTED_WITH }] = await Promise.all([
        import('../rules/testing/files.ts'),
        import('../rules/testing/run.ts'),
        import('../rules/testing/coverage.ts'),
        import('../rules/testing/report.ts'),
        import('../rails/index.ts'),
        import('../operations/pack.ts'),
      ]);
      const folders = await loadTests(paths.length > 0 ? paths : [(await configOf(options)).rules]);
      const results = folders.flatMap(({ ruleSet, cases }) =>
        cases.map((test) => runCase(test, { ...TESTED_WITH, ruleSet })),
      );
      print(report.formatResults(results));
      if (options.coverage === true) {
        const rules = folders.flatMap(({ ruleSet }) => ruleSet.rules);
        // Two of them go by one name to people.
        const names = [...new Set(RAILS.map(({ name }) => name))];
        const left = uncovered(
          results.map((result) => result.coverage),
          rules,
          names,
        );
        print(report.formatCoverage(left));
      }
      if (options.junit !== undefined) await writeFile(options.junit, report.toJunit(results));
      if (results.some(({ failures }) => failures.length > 0)) exit(EXIT.unverified);
    });
};
