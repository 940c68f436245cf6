/** What the commands share by which a person acts: who asks, what the options say, and what a process ends with. */

import type { Command } from 'commander';
import type { WeirConfig } from '../model/configuration/config.ts';
import type { Decision } from '../model/decisions/decision.ts';
import { EXIT } from '../model/error.ts';
import type { ActWish } from '../operations/requests/act.ts';
import { type Submit, termsOf, type WrittenTerms } from '../operations/requests/terms.ts';
import { type CommonOptions, configOf, withBroker } from './command.ts';
import { me } from './me.ts';
import { print, printError, printJson } from './print.ts';

export interface RequestOptions extends CommonOptions, WrittenTerms {
  readonly json?: true;
}

/** The options that every request has. */
export function withTerms(command: Command): Command {
  return command
    .option('--reason <text>', 'why; people read it')
    .option('--ask', 'wait for approval by another person first (weir approve)')
    .option('--force', 'pass the rails that a person may pass; needs --reason, pages people')
    .option('--json', 'print the decision as JSON');
}

/** Sends a request, waits, prints the decision and says with `exit` what came of it. */
export async function send(
  config: WeirConfig,
  submit: Submit<Decision>,
  options: RequestOptions,
  exit: (code: number) => void,
): Promise<void> {
  const decision = await withBroker(config, submit);
  const { sentence } = await import('../operations/requests/submit.ts');
  if (options.json === true) printJson(decision);
  else print(sentence(decision));
  exit(exitOf(decision));
}

/** An action on a member, from the command line to what came of it. */
export async function actOn(
  wish: Pick<ActWish, 'action' | 'member' | 'weight'>,
  options: RequestOptions,
  exit: (code: number) => void,
): Promise<void> {
  const terms = termsOf(options, me());
  const config = await configOf(options);
  const { act } = await import('../operations/requests/act.ts');
  await send(config, act(config, { ...wish, ...terms }, me()), options, exit);
}

export function exitOf(decision: Decision): number {
  if (decision.verdict === 'refuse') return EXIT.refused;
  return decision.state === 'verified' ? 0 : EXIT.unverified;
}

/** For commands that read a recording. */
export function onTorn(path: string, why: string): void {
  printError(`${path} cannot be read and is left out: ${why}`);
}
