import type { Redis } from 'ioredis';
import { askAndWait, sentence } from '../../workers/ask.ts';
import { memberOf } from '../../workers/names.ts';
import type { Decision } from '../model/decision.ts';
import { EXIT, WeirError } from '../model/error.ts';
import { me } from './ask.ts';
import { type CommandFile, type CommonOptions, configOf, printJson, withBroker, withConfig } from './command.ts';

interface Options extends CommonOptions {
  readonly target: string;
  readonly json?: true;
}

export const rulesDrill: CommandFile = (group, exit) => {
  withConfig(group.command('drill <rule>'))
    .description('send the first step of a rule all the way to the nodes, as a drill: nothing is changed')
    .requiredOption('--target <pool/member>', 'the member, or the node, that it would be about')
    .option('--json', 'the decision for programs')
    .action(async (rule: string, options: Options) => {
      const config = await configOf(options);
      const { pool, member } = memberOf(config, options.target);
      const decision = await withBroker(config, async (redis) => {
        const action = await firstAction(redis, rule);
        const request = { kind: 'request', pool: pool.name, action, target: member, by: me(), force: false } as const;
        return askAndWait(redis, { ...request, drill: { rule }, reason: 'a drill' });
      });
      if (options.json === true) printJson(decision);
      else {
        process.stdout.write(`${railsInWords(decision)}\n${sentence(decision)}\n`);
      }
      if (decision.state !== 'verified') exit(EXIT.unverified);
    });
};

/** What would come of it now, in earnest. */
function railsInWords({ rails, drill }: Decision): string {
  const refusing = rails.find(({ pass }) => !pass);
  if (refusing !== undefined) return `Now the rail ${refusing.rail} would refuse: ${refusing.sentence}`;
  switch (drill?.verdict) {
    case 'shadow':
      return 'Every rail would let it pass now, and in shadow mode it would only be said.';
    case 'ask':
      return 'Every rail would let it pass now, and it would ask for approval.';
    default:
      return 'Every rail would let it pass now.';
  }
}

/** What the rule does first, by the rules in force. */
async function firstAction(redis: Redis, name: string) {
  const [{ readAgreed }, { checkRules }, { didYouMean }] = await Promise.all([
    import('../broker/rules.ts'),
    import('../rules/load.ts'),
    import('../nearest.ts'),
  ]);
  const agreed = await readAgreed(redis);
  const rules = (agreed && checkRules(agreed.texts).ruleSet?.rules) ?? [];
  const step = rules.find((rule) => rule.name === name)?.steps[0];
  if (step !== undefined) return step.action;
  const acting = rules.filter(({ steps }) => steps.length > 0).map((rule) => rule.name);
  const known = rules.some((rule) => rule.name === name);
  throw new WeirError(
    'usage',
    known
      ? `The rule ${name} only tells: there is nothing to drill.`
      : `There is no rule ${name} in force${didYouMean(name, acting) || `; with actions there are ${acting.join(', ') || 'none'}`}.`,
  );
}
