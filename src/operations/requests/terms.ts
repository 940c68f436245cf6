/** What every request says besides what it is about: who asks, why, for how long. Checked before a broker is needed. */

import type { Redis } from 'ioredis';
import type { WeirConfig } from '../../model/configuration/config.ts';
import { formatDuration } from '../../model/duration.ts';
import type { ApprovalAnswer, Request } from '../../model/entries/requests.ts';
import { WeirError } from '../../model/error.ts';
import { timeFault } from '../../model/people/longest.ts';

/** Who asks, and where: sentences name what is missing as it is written there. */
export interface Person extends Pick<ApprovalAnswer, 'by' | 'groups'> {
  readonly via: 'terminal' | 'slack';
}

/**
 * A request that was checked, and waits for a connection to the broker.
 * @throws what ioredis throws when the broker does not answer.
 */
export type Submit<Result> = (redis: Redis) => Promise<Result>;

export interface Terms {
  /** How long it holds, in ms. */
  readonly forMs?: number;
  readonly reason?: string;
  /** Pass the rails that a person may pass. */
  readonly force: boolean;
  /** Wait for the yes of another person first. */
  readonly ask: boolean;
}

/** @throws WeirError 'usage' where the time is not possible, or force has no reason. */
export function requestTerms(
  { policy }: WeirConfig,
  { forMs, reason = '', force, ask }: Terms,
  person: Person,
): Pick<Request, 'kind' | 'by' | 'force' | 'ask' | 'leaseMs' | 'reason'> {
  const fault = forMs === undefined ? undefined : timeFault(forMs, policy.longestMs);
  if (fault !== undefined) throw new WeirError('usage', `${person.via === 'terminal' ? '--for: ' : ''}${fault}`);
  if (force) needsReason(reason, person, { terminal: '--force', slack: 'force' }, 'it passes rails and pages people');
  return {
    kind: 'request',
    by: person.by,
    force,
    ...(ask && { ask }),
    ...(forMs !== undefined && { leaseMs: forMs }),
    ...(reason !== '' && { reason }),
  };
}

/** What people are kept from, or not told of, has a reason and an end. @throws WeirError 'usage' */
export function checkLimited(
  { forMs, reason }: { readonly forMs: number; readonly reason: string },
  { command, maxMs }: { readonly command: string; readonly maxMs: number },
  person: Person,
): void {
  if (!(forMs > 0 && forMs <= maxMs)) {
    const option = person.via === 'terminal' ? '--for: ' : '';
    const limit = `a time such as 30m or 2h is expected, ${formatDuration(maxMs)} at most`;
    throw new WeirError('usage', `${option}${formatDuration(forMs)} is not possible: ${limit}.`);
  }
  needsReason(reason, person, { terminal: command, slack: command }, 'the next one on call reads it');
}

function needsReason(
  reason: string,
  { via }: Person,
  what: Readonly<Record<Person['via'], string>>,
  why: string,
): void {
  if (reason !== '') return;
  const sentence =
    via === 'terminal'
      ? `${what.terminal} needs --reason: ${why}.`
      : `${what.slack} needs a reason: ${why} (because ...).`;
  throw new WeirError('usage', sentence);
}

/** The command by which somebody goes on, as it is typed where the person is. */
export function commandFor({ via }: Person, command: string): string {
  return `${via === 'terminal' ? 'weir' : '/weir'} ${command}`;
}
