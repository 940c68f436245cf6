/** Questions that wait for their answers, by number. */

import type { Reply } from './protocol.ts';

export interface Calls {
  /** Sends through `send` and waits for the reply of that number. */
  make(send: (id: number) => void): Promise<unknown>;
  settle(reply: Reply): void;
  /** Fails every question that waits, and every later one. */
  fail(error: Error): void;
}

export function createCalls(): Calls {
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  let lastId = 0;
  let broken: Error | undefined;
  return {
    make(send) {
      return new Promise((resolve, reject) => {
        if (broken !== undefined) return reject(broken);
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        send(lastId);
      });
    },
    settle({ id, answer, error }) {
      const call = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) call?.resolve(answer);
      else call?.reject(new Error(error));
    },
    fail(error) {
      broken = error;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}
