/** The stand-in of `weir read` for what no real Redis here can be made to say: it remembers what it was asked. */

import {
  type RespServerOptions,
  type RespServer as Server,
  startRespServer as start,
} from '../../src/operations/read/resp-server.ts';

export interface RespServer extends Server {
  /** What it was asked so far, each as one text: `CONFIG GET maxmemory`. */
  readonly asked: readonly string[];
  /** Connections that were made so far. */
  readonly connections: () => number;
}

export type Replies = RespServerOptions['reply'];

export async function startRespServer(replies: Replies): Promise<RespServer> {
  const asked: string[] = [];
  let connections = 0;
  const server = await start({
    greet() {
      connections += 1;
      return { hangsUp: false };
    },
    reply(command) {
      asked.push(command);
      return replies(command);
    },
  });
  return { ...server, asked, connections: () => connections };
}
