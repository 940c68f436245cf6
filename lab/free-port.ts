import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** ip(7): below it are the ports that this machine gives nobody who only connects. */
const EPHEMERAL = '/proc/sys/net/ipv4/ip_local_port_range';

const LOWEST = 20_000;
const MAX_TRIES = 100;

/**
 * A TCP port of the loopback that was free a moment ago. It is none that the kernel may give to a connection: who starts again on
 * the same port, as a lab's worker does, found it taken by a client of something else.
 */
export async function freePort(): Promise<number> {
  const [end = 0] = readFileSync(EPHEMERAL, 'utf8').split(/\s+/).map(Number);
  if (end <= LOWEST) throw new Error(`${EPHEMERAL} leaves no ports from ${LOWEST} up to its first one, ${end}.`);
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const port = LOWEST + Math.floor(Math.random() * (end - LOWEST));
    if (await isFree(port)) return port;
  }
  throw new Error(`This machine has no free port from ${LOWEST} to ${end - 1}.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
