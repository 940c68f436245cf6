import type { Decision, Finding } from '../model/decision.ts';
import { WeirError } from '../model/error.ts';
import {
  type CommandFile,
  type CommonOptions,
  configOf,
  memberOf,
  printJson,
  withBroker,
  withConfig,
} from './command.ts';

interface Options extends CommonOptions {
  readonly json?: true;
  readonly last: string;
}

export const why: CommandFile = (program) => {
  withConfig(program.command('why'))
    .description('why something was done or was not: values, every rail, outcomes')
    .argument('<about>', 'a decision, or pool/member')
    .argument('[rule]', 'only this rule')
    .option('--last <n>', 'of a member: so many decisions, newest first', '3')
    .option('--json', 'the same for programs')
    .action(async (about: string, rule: string | undefined, options: Options) => {
      const config = await configOf(options);
      const { readDecision, readDecisions } = await import('../broker/store.ts');
      const { readStatus } = await import('../../workers/status.ts');
      const { formatDecision, formatFinding } = await import('../tell/text/why.ts');
      const found = await withBroker(config, async (redis): Promise<{ decisions: Decision[]; findings: Finding[] }> => {
        // A decision's id begins with the id of its entry; a member's name never looks like that.
        if (/^\d+-\d+\./.test(about)) {
          const all = await Promise.all(Object.keys(config.pools).map((pool) => readDecision(redis, pool, about)));
          const decisions = all.filter((one) => one !== undefined);
          if (decisions.length === 0) {
            throw new WeirError('usage', `There is no decision ${about}: the last 1000 of every pool are kept.`);
          }
          return { decisions, findings: [] };
        }
        const { pool, member } = memberOf(config, about);
        const count = Number(options.last);
        if (!Number.isInteger(count) || count < 1)
          throw new WeirError('usage', `--last ${options.last}: a whole number from 1 is expected.`);
        const status = await readStatus(redis, config);
        const mine = (one: { target: string; rule: string }) =>
          one.target === member && (rule === undefined || one.rule === rule);
        const decisions = (await readDecisions(redis, pool.name, 1_000)).filter(mine).slice(0, count);
        const findings = status.pools.find((one) => one.name === pool.name)?.findings.filter(mine) ?? [];
        return { decisions, findings };
      });
      if (options.json === true) {
        printJson(found);
        return;
      }
      const parts = [...found.findings.map(formatFinding), ...found.decisions.map(formatDecision)];
      process.stdout.write(
        `${parts.length === 0 ? `Nothing was decided about ${about}, and no rule finds anything.` : parts.join('\n\n')}\n`,
      );
    });
};
