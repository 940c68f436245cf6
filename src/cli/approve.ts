/** `weir approve` and `weir deny`: a person's word on what Weir wants to do. */

import { defined } from '../lib/defined.ts';
import { exitOf } from './ask.ts';
import { type CommandFile, type CommonOptions, configOf, withBroker, withConfig } from './command.ts';
import { me } from './me.ts';
import { print, printJson } from './print.ts';

interface Options extends CommonOptions {
  readonly reason?: string;
  readonly json?: true;
}

export const approve = answering('approve', 'approve a decision that waits for it; every rail is asked again');
export const deny = answering('deny', 'deny a decision that waits for approval');

function answering(said: 'approve' | 'deny', description: string): CommandFile {
  return (program, exit) => {
    withConfig(program.command(said))
      .description(description)
      .argument('[decision]', 'its id; left out: lists what waits for approval')
      .option('--reason <text>', 'why; people read it')
      .option('--json', 'print the decision as JSON')
      .action((id: string | undefined, options: Options) =>
        id === undefined ? list(options) : answer(said, id, options, exit),
      );
  };
}

async function list(options: Options): Promise<void> {
  const config = await configOf(options);
  const { readWaiting, waitingText } = await import('../operations/views/waiting.ts');
  const waiting = await withBroker(config, (redis) => readWaiting(redis, config));
  if (options.json === true) printJson(waiting);
  else print(waitingText(waiting));
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
