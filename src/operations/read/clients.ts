/** Reads a reply of CLIENT LIST. */

import { WeirError } from '../../model/error.ts';
import type { ReadPart } from '../../model/readings/readout.ts';
import { isConsumer, parseClientList } from '../../observe/redis/client-list.ts';

/** @throws WeirError 'usage' where no line of the text is a client. */
export function readClientList(file: string, text: string): ReadPart {
  if (parseClientList(text).length === 0 && text.trim() !== '') {
    throw new WeirError(
      'usage',
      `${file}:1:1 this is no reply of CLIENT LIST, expected a line "id=... addr=..." for each client.`,
    );
  }
  return clientsPart(text);
}

export function clientsPart(text: string, name?: string): ReadPart {
  const clients = parseClientList(text);
  const commands: Record<string, number> = {};
  for (const { command } of clients) commands[command] = (commands[command] ?? 0) + 1;
  return {
    about: 'clients',
    ...(name !== undefined && { name }),
    clients: clients.length,
    // Dragonfly names no commands: there it is not known which clients take.
    ...(Object.keys(commands).some((command) => command !== '') && { takers: clients.filter(isConsumer).length }),
    commands,
  };
}
