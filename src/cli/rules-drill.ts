import { EXIT } from '../model/error.ts';
import { type CommandFile, type CommonOptions, configOf, withBroker, withConfig } from './command.ts';
import { me } from './me.ts';
import { print, printJson } from './print.ts';

interface Options extends CommonOptions {
  readonly target: string;
  readonly json?: true;
}

export const rulesDrill: CommandFile = (group, exit) => {
  withConfig(group.command('drill <rule>'))
    .description('send the first step of a rule all the way to the nodes, as a drill: nothing is changed')
    .requiredOption('--target <pool/member>', 'the member, or the node, that it would be about')
    .option('--json', 'print the decision as JSON')
    .action(async (rule: string, options: Options) => {
      const config = await configOf(options);
      const { drill, drillText } = await import('../operations/requests/drill.ts');
      const decision = await withBroker(config, drill(config, { rule, target: options.target }, me()));
      if (options.json === true) printJson(decision);
      else print(drillText(decision));
      if (decision.state !== 'verified') exit(EXIT.unverified);
    });
};
