/** The way to speak to programs of the lab: one JSON object a line, on their standard input and output. */

import { createInterface } from 'node:readline';
import { toLine } from '../machine/protocol.ts';

/** A question has an `ask` number, which the answer repeats as `answer`. */
export interface Spoken {
  readonly ask?: number;
}

/** Calls `onMessage` for each line; what it returns for a question is printed as the answer. */
export function listen<Message extends Spoken>(onMessage: (message: Message) => object | undefined): void {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const message = JSON.parse(line) as Message;
    const answer = onMessage(message);
    if (message.ask !== undefined) process.stdout.write(toLine({ answer: message.ask, ...answer }));
  });
}
