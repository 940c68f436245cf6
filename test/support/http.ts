/** A real HTTP server for one test. */

import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestHttp {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Ends it, also in the middle of an answer. May be called twice. */
  stop(): Promise<void>;
}

export async function startHttp(answer: RequestListener): Promise<TestHttp> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The status of /healthz; 0 where there was none in two seconds: a connection that is cut off while it is made never answers. */
export function healthOf(url: string): Promise<number> {
  return fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ status }) => status,
    () => 0,
  );
}
