/** A server on the loopback interface that gives the answers of a file, so that the reader of members can read them. */

import type { Answer, ServerAnswers } from '../../model/readings/capture.ts';
import { HANGS_UP, type RespServer, startRespServer } from './resp-server.ts';

export interface StandIn extends RespServer {
  /** Answers of this poll are given from now on, the first one is 0. */
  at(poll: number): void;
  /** Commands that were asked and that the file has no answer to. */
  readonly notInFile: ReadonlySet<string>;
}

/** The answer to a command to which the file has none. */
export const NOT_IN_FILE = 'the file has no answer to this';

/** Answers to the commands of every new client; a file has these commands only where they were refused. */
const LETS_IN: Readonly<Record<string, string>> = {
  auth: '+OK',
  hello: '-ERR unknown command',
  select: '+OK',
  'client setname': '+OK',
  'client setinfo': '+OK',
  ping: '+PONG',
};

export async function startStandIn(answers: ServerAnswers): Promise<StandIn> {
  const notInFile = new Set<string>();
  let poll = 0;

  /** undefined: no answer. */
  function reply(command: string): Answer | undefined {
    if (nameIn(answers.silentOn, command) !== undefined) return undefined;
    const name = nameIn(Object.keys(answers.replies), command);
    const all = name === undefined ? undefined : answers.replies[name];
    if (all !== undefined) return all[Math.min(poll, all.length - 1)];
    const ours = nameIn(Object.keys(LETS_IN), command);
    if (ours !== undefined) return LETS_IN[ours];
    notInFile.add(
      command
        .split(' ')
        .slice(0, isTwoWords(command) ? 2 : 1)
        .join(' ')
        .toUpperCase(),
    );
    return `-ERR ${NOT_IN_FILE}`;
  }

  const server = await startRespServer({
    greet: () => ({
      ...(answers.onConnect !== undefined && { words: answers.onConnect }),
      hangsUp: answers.thenCloses,
    }),
    reply: (command) => (nameIn(answers.closesOn, command) === undefined ? reply(command) : HANGS_UP),
  });
  return {
    ...server,
    at: (next) => {
      poll = next;
    },
    notInFile,
  };
}

/** The longest of these names that the command begins with, word by word. */
function nameIn(names: readonly string[], command: string): string | undefined {
  const fits = (name: string) => `${command.toLowerCase()} `.startsWith(`${name.toLowerCase().trim()} `);
  return names.filter((name) => name.trim() !== '' && fits(name)).sort((a, b) => b.length - a.length)[0];
}

function isTwoWords(command: string): boolean {
  return /^(client|config|acl|cluster|command|memory|object|script|debug|latency) /i.test(command);
}
