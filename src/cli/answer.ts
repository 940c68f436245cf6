/** `weir approve`, `deny`, `ack` and `trust`: a person's word on what Weir wants to do, has done, or found. */

import { defined } from '../lib/defined.ts';
import { exitOf, me } from './ask.ts';
import { type CommandFile, type CommonOptions, configOf, withBroker, withConfig } from './command.ts';
import { print, printJson } from './print.ts';

interface Options extends CommonOptions {
  readonly reason?: string;
  readonly json?: true;
}

export const approve = answering('approve', 'say yes to a decision that waits for it; every rail is asked again');
export const deny = answering('deny', 'say no to a decision that waits for a yes');

function answering(said: 'approve' | 'deny', description: string): CommandFile {
  return (program, exit) => {
    withConfig(program.command(`${said} <decision>`))
      .description(description)
      .option('--reason <text>', 'why; people read it')
      .option('--json', 'print the decision as JSON')
      .action((id: string, options: Options) => answer(said, id, options, exit));
  };
}

async function answer(
  said: 'approve' | 'deny',
  decision: string,
  options: Options,
  exit: (code: number) => void,
): Promise<void> {
  const config = await configOf(options);
  const operation = await import('../operations/requests/answer.ts');
  const wish = { answer: said, decision, ...defined({ reason: options.reason }) };
  const answered = await withBroker(config, (redis) => operation.answer(redis, config, wish, me()));
  if (options.json === true) printJson(answered.decision);
  else print(answered.text);
  if (answered.isApproved) exit(exitOf(answered.decision));
}

export const ack: CommandFile = (program) => {
  withConfig(program.command('ack'))
    .description('take an incident on: it is yours, and is not escalated any more')
    .argument('[incident]', 'such as logs-42; left out: lists those that nobody has')
    .action(async (about: string | undefined, options: CommonOptions) => {
      const config = await configOf(options);
      const { acknowledge } = await import('../operations/requests/acknowledge.ts');
      const said = await withBroker(config, (redis) => acknowledge(redis, config, about, me().by));
      print(said);
    });
};

export const trust: CommandFile = (program) => {
  withConfig(program.command('trust'))
    .description('say that you have looked: rules that a block or the breaker stopped may act again')
    .argument('<pool>')
    .action(async (pool: string, options: CommonOptions) => {
      const config = await configOf(options);
      const acknowledgements = await import('../operations/requests/acknowledge.ts');
      const said = await withBroker(config, (redis) => acknowledgements.trust(redis, config, pool, me().by));
      print(said);
    });
};
