/** Counts the items that wait in a member's queues, which are lists of one database. */

import type { ChainableCommander } from 'ioredis';
import { isReply, refusalOfPushes } from '../../lib/redis/refusals.ts';

export interface QueuesOptions {
  readonly queues: readonly string[];
  /** The database that the queues are in; 0 where absent. */
  readonly database?: number;
}

export interface QueueDepth {
  /** Items in all queues; absent where one of them cannot be counted. */
  readonly depth?: number;
  /** The word with which LLEN of a queue is refused, if pushes are refused with it as well: `CLUSTERDOWN`. */
  readonly refused?: string;
  /** Whether the key of a queue holds something else than a list. */
  readonly isNoList?: boolean;
  readonly troubles: readonly string[];
}

type Answer = readonly [error: Error | null, result: unknown];

/** Adds the questions for the lengths of the queues to a batch. */
export function askQueues(batch: ChainableCommander, { queues, database }: QueuesOptions): void {
  // Selected with every poll: a connection that was once refused its database would count the queues of database 0.
  if (database !== undefined) batch.select(database);
  for (const queue of queues) batch.llen(queue);
}

/**
 * Sums up the answers to what `askQueues` asked, in their order. Pure.
 * @throws the error of an answer that is not Redis' own.
 */
export function depthOf(member: string, { queues, database }: QueuesOptions, answers: readonly Answer[]): QueueDepth {
  const lost = answers.find(([error]) => error !== null && !isReply(error));
  if (lost !== undefined) throw lost[0];
  const [chosen, ...others] = answers;
  if (database !== undefined && chosen?.[0]) {
    return { troubles: [`Database ${database} of member ${member} cannot be read: ${said(chosen[0])}.`] };
  }
  const lengths = database === undefined ? answers : others;
  const troubles = lengths.flatMap(([error], index) =>
    error === null ? [] : [`Queue ${queues[index]} of member ${member} cannot be counted: ${said(error)}.`],
  );
  const refused = lengths.flatMap(([error]) => refusalOfPushes(error?.message ?? '') ?? [])[0];
  const isNoList = lengths.some(([error]) => error?.message.startsWith('WRONGTYPE'));
  if (troubles.length > 0) return { troubles, isNoList, ...(refused !== undefined && { refused }) };
  return { depth: lengths.reduce((sum, [, length]) => sum + Number(length), 0), troubles };
}

function said(error: Error): string {
  const { message } = error;
  return isWrongType(error) ? `${message}: Weir counts lists, and neither streams nor other types` : message;
}

function isWrongType(error: Error | null): boolean {
  return error?.message.startsWith('WRONGTYPE ') === true;
}
