/** What every request says besides what it is about: who asks, why, for how long. Checked before a broker is needed. */

import type { Redis } from 'ioredis';
import { defined } from '../../lib/defined.ts';
import type { WeirConfig } from '../../model/configuration/config.ts';
import { formatDuration, parseDuration } from '../../model/duration.ts';
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

/** Terms as a person writes them. */
export interface WrittenTerms {
  readonly for?: string;
  readonly reason?: string;
  readonly force?: boolean;
  readonly ask?: boolean;
}

/** @throws WeirError 'usage' where the time is none. */
export function termsOf({ for: time, reason, force = false, ask = false }: WrittenTerms, person: Person): Terms {
  const forMs = time === undefined ? undefined : timeOf(time, optionFor(person, 'for'));
  return { force, ask, ...defined({ forMs, reason }) };
}

/** A time that was written, in ms, as behind the option. @throws WeirError 'usage' */
export function timeOf(text: string, option: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new WeirError('usage', `${option} ${text} is no time: something like 30m, 2h or 7d is expected.`);
}

/** @throws WeirError 'usage' where the time is not possible, or force has no reason. */
export function requestTerms(
  { policy }: WeirConfig,
  { forMs, reason = '', force, ask }: Terms,
  person: Person,
): Pick<Request, 'kind' | 'by' | 'force' | 'ask' | 'leaseMs' | 'reason'> {
  const fault = forMs === undefined ? undefined : timeFault(forMs, policy.longestMs);
  if (fault !== undefined) throw new WeirError('usage', `${person.via === 'terminal' ? '--for: ' : ''}${fault}`);
  if (force) needsReason(reason, person, optionFor(person, 'force'), 'it passes rails and pages people');
  return {
    kind: 'request',
    by: person.by,
    force,
    ...(ask && { ask }),
    ...defined({ leaseMs: forMs, reason: reason || undefined }),
  };
}

/** What people are kept from, or not told of: it has a reason and an end. */
export interface Limited {
  /** In ms. */
  readonly forMs: number;
  readonly reason: string;
}

/** Where no time is said, it is an hour. @throws WeirError 'usage' where the time is none. */
export function limitedOf({ for: time = '1h', reason = '' }: WrittenTerms, person: Person): Limited {
  return { forMs: timeOf(time, optionFor(person, 'for')), reason };
}

/** @throws WeirError 'usage' where the time is not possible, or there is no reason. */
export function checkLimited(
  { forMs, reason }: Limited,
  { command, maxMs }: { readonly command: string; readonly maxMs: number },
  person: Person,
): void {
  if (!(forMs > 0 && forMs <= maxMs)) {
    const option = person.via === 'terminal' ? '--for: ' : '';
    const limit = `a time such as 30m or 2h is expected, ${formatDuration(maxMs)} at most`;
    throw new WeirError('usage', `${option}${formatDuration(forMs)} is not possible: ${limit}.`);
  }
  needsReason(reason, person, command, 'the next one on call reads it');
}

function needsReason(reason: string, { via }: Person, what: string, why: string): void {
  if (reason !== '') return;
  const how = via === 'terminal' ? `--reason: ${why}.` : `a reason: ${why} (because ...).`;
  throw new WeirError('usage', `${what} needs ${how}`);
}

/** An option as it is written where the person is. */
export function optionFor({ via }: Person, name: string): string {
  return via === 'terminal' ? `--${name}` : name;
}

/** The command by which somebody goes on, as it is typed where the person is. */
export function commandFor({ via }: Person, command: string): string {
  return `${via === 'terminal' ? 'weir' : '/weir'} ${command}`;
}
