/** What the commands share by which a person acts: who asks, what the options say, and what a process ends with. */

import { hostname, userInfo } from 'node:os';
import type { WeirConfig } from '../model/config.ts';
import type { Decision } from '../model/decision.ts';
import { parseDuration } from '../model/duration.ts';
import type { Request } from '../model/entry.ts';
import { EXIT, WeirError } from '../model/error.ts';
import { type CommonOptions, printJson, withBroker } from './command.ts';

export interface RequestOptions extends CommonOptions {
  readonly for?: string;
  readonly reason?: string;
  readonly force?: true;
  readonly ask?: true;
  readonly json?: true;
}

/** Who asks, as people will read it. */
export function me(): string {
  const user = process.env.SUDO_USER ?? userInfo().username;
  return `${user}@${hostname()}`;
}

/** What the options say of a request. Throws a usage error. */
export function wishOf(options: RequestOptions): Pick<Request, 'kind' | 'by' | 'force' | 'ask' | 'leaseMs' | 'reason'> {
  const leaseMs = options.for === undefined ? undefined : parseDuration(options.for);
  if (options.for !== undefined && leaseMs === undefined) {
    throw new WeirError('usage', `--for ${options.for} is no time: something like 30m or 2h is expected.`);
  }
  if (options.force === true && (options.reason ?? '') === '') {
    throw new WeirError('usage', '--force needs --reason: it passes rails and pages people.');
  }
  return {
    kind: 'request',
    by: me(),
    force: options.force === true,
    ...(options.ask === true && { ask: true }),
    ...(leaseMs !== undefined && { leaseMs }),
    ...(options.reason !== undefined && { reason: options.reason }),
  };
}

/** Asks, waits, prints the decision and says with `exit` what came of it. */
export async function ask(
  config: WeirConfig,
  request: Request,
  options: RequestOptions,
  exit: (code: number) => void,
): Promise<void> {
  const { askAndWait, sentence } = await import('../../workers/ask.ts');
  const decision = await withBroker(config, (redis) => askAndWait(redis, request));
  if (options.json === true) printJson(decision);
  else process.stdout.write(`${sentence(decision)}\n`);
  exit(exitOf(decision));
}

export function exitOf(decision: Decision): number {
  if (decision.verdict === 'refuse') return EXIT.refused;
  return decision.state === 'verified' ? 0 : EXIT.unverified;
}
