/** The broker on this machine, and the way to it for the nodes. */

import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../free-port.ts';
import { type Kernel, SLIRP_LOOPBACK } from '../machine/kernel.ts';
import { BRIDGE_ADDRESS, BROKER_PORT } from '../pool/topology.ts';
import { start, type World } from '../pool/world.ts';

export interface Broker {
  readonly port: number;
  readonly password: string;
  /** As this machine's programs see it; without the password. */
  readonly url: string;
  /** A unix socket to the same Redis, with the same password. */
  readonly socket: string;
}

/** What the nodes have in their weir.yaml: the forwarder on the bridge. */
export const NODES_BROKER_URL = `redis://${BRIDGE_ADDRESS}:${BROKER_PORT}`;

const READY_WITHIN_MS = 10_000;

export async function startBroker(world: World): Promise<Broker> {
  const { dir } = world.keeper;
  const port = await freePort();
  const password = randomBytes(18).toString('hex');
  const socket = join(dir, 'broker.sock');
  const data = join(dir, 'broker');
  await mkdir(data, { recursive: true });
  // The password is in a file: everybody can read arguments.
  const settings = [
    ...['bind 127.0.0.1', `port ${port}`, `unixsocket ${socket}`, `requirepass ${password}`],
    ...[`dir ${data}`, 'appendonly yes', 'save ""', 'maxmemory-policy noeviction', 'set-proc-title no'],
  ];
  await writeFile(join(dir, 'broker.conf'), `${settings.join('\n')}\n`, { mode: 0o600 });
  await world.logs.after('broker', /ready to accept connections/i, READY_WITHIN_MS, () =>
    world.keeper.start('broker', ['redis-server', join(dir, 'broker.conf')]),
  );
  return { port, password, url: `redis://127.0.0.1:${port}`, socket };
}

/** The guest sees this machine's loopback through slirp; namespaces on this kernel see its file system. */
export async function startForwarder(world: World, broker: Broker, kernel: Kernel): Promise<void> {
  const to = kernel === 'guest' ? `TCP:${SLIRP_LOOPBACK}:${broker.port}` : `UNIX-CONNECT:${broker.socket}`;
  const listen = `TCP-LISTEN:${BROKER_PORT},bind=${BRIDGE_ADDRESS},reuseaddr,nodelay,fork`;
  await start(world, { place: 'root', name: 'forwarder', argv: ['socat', listen, to] });
}

/**
 * A connection for whoever holds the lab. It does not keep the process alive, and goes quiet when the lab is stopped.
 */
export function connectBroker({ port, password }: Broker): Redis {
  const redis = new Redis(port, '127.0.0.1', { password });
  redis.on('error', () => {}); // Its commands fail by themselves.
  return redis;
}
