/** Limits the length of replies: a server may send gigabytes, and the client would keep all of it until the last byte. */

import type { Redis } from 'ioredis';
import { WeirError } from '../../model/error.ts';
import { formatBytes } from '../text/units.ts';

/** The reply to one command was longer than Weir reads. */
export class EndlessReply extends WeirError {
  constructor(command: string, where: string, limitBytes: number) {
    const limit = formatBytes(limitBytes);
    super(
      'unreachable',
      `The reply to ${command} from ${where} is longer than ${limit}, and Weir has dropped the connection: look at what answers there.`,
    );
    this.name = 'EndlessReply';
  }
}

/**
 * Drops the connection when the reply to one command, or what nobody has asked for, is longer than `limitBytes`. What was
 * asked then fails with an EndlessReply, and a new connection is made. Counts per chunk that is read, so up to one more
 * chunk (64 KiB) comes in.
 */
export function boundReplies(redis: Redis, limitBytes: number, where: string): void {
  redis.on('connect', () => {
    const { stream } = redis;
    let bytes = 0;
    let answered = redis.commandQueue.peekFront();
    // Behind ioredis' own listener: who is at the front now has not been answered in full.
    stream.on('data', (chunk: Buffer) => {
      const front = redis.commandQueue.peekFront();
      bytes = front === answered ? bytes + chunk.length : 0;
      answered = front;
      if (bytes <= limitBytes) return;
      const error = new EndlessReply(front?.command.name.toUpperCase() ?? 'nothing', where, limitBytes);
      redis.recoverFromFatalError(error, error, { offlineQueue: false });
      stream.destroy();
    });
  });
}
