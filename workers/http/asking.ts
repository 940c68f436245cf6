/** How the page's process asks: so many questions at once, and what many want to see is asked once. */

import { within } from '../../src/lib/within.ts';
import { Refused } from '../../src/tell/http/body.ts';
import type { AnswerTo, Ask, Question, ToWeb } from './questions.ts';

/** Questions without an answer yet: a worker that is slow is not heaped with more. */
const AT_ONCE = 16;

/** A question that has no answer by then is given up, in ms. Slack's and Alertmanager's own limits are shorter. */
const ANSWERED_WITHIN_MS = 10_000;

interface Open {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

export interface Asking {
  readonly ask: Ask;
  /** What the worker says. */
  hear(said: Exclude<ToWeb, { kind: 'start' | 'there' }>): void;
}

export function createAsking(send: (id: number, question: Question, about: unknown) => void): Asking {
  const open = new Map<number, Open>();
  let last = 0;
  return {
    async ask<Q extends Question>(question: Q, about: unknown): Promise<AnswerTo<Q>> {
      if (open.size >= AT_ONCE) throw new Refused(503, 'Weir has too much to answer just now: ask again in a second.');
      const id = ++last;
      const answered = new Promise<unknown>((resolve, reject) => open.set(id, { resolve, reject }));
      send(id, question, about);
      try {
        return (await within(answered, ANSWERED_WITHIN_MS)) as AnswerTo<Q>;
      } finally {
        open.delete(id);
      }
    },
    hear(said) {
      const asked = open.get(said.id);
      if (said.kind === 'answer') asked?.resolve(said.answer);
      else
        asked?.reject(said.status === undefined ? new Error(said.sentence) : new Refused(said.status, said.sentence));
    },
  };
}

/** One answer for all who want it while it is on its way, and for `keptMs` afterwards; a failure likewise. */
export function shared<T>(read: () => Promise<T>, keptMs: number, clock = () => performance.now()): () => Promise<T> {
  let last: { readonly answer: Promise<T>; doneAt?: number } | undefined;
  return () => {
    if (last === undefined || (last.doneAt !== undefined && clock() - last.doneAt >= keptMs)) {
      const mine: NonNullable<typeof last> = { answer: read() };
      const done = () => {
        mine.doneAt = clock();
      };
      mine.answer.then(done, done);
      last = mine;
    }
    return last.answer;
  };
}
