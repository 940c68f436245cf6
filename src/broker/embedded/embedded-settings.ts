/** The embedded broker's redis.conf. Pure. */

import { createHash } from 'node:crypto';
import type { Secret } from '../../model/configuration/secret.ts';
import { WeirError } from '../../model/error.ts';

/** sizeof(sun_path) less the closing NUL: unix(7). */
const MAX_SOCKET_PATH_BYTES = 107;

/** The socket's name in the broker's folder. */
export const SOCKET = 'redis.sock';

/**
 * Commands that no role of Weir needs and that do the most harm in a stranger's hands: they take the server over, open it to others, end
 * it, empty it.
 */
const FORBIDDEN = [
  ...['config|set', 'config|rewrite', 'config|resetstat', 'acl|setuser', 'acl|deluser', 'acl|load', 'acl|save'],
  ...['replicaof', 'slaveof', 'failover', 'cluster', 'migrate', 'module', 'debug', 'shutdown', 'flushall', 'flushdb'],
  'swapdb',
];

/**
 * redis.conf as text. Its paths are relative to the folder that the server is started in: its user need not be able to walk
 * there. Throws a WeirError when the path is too long or the address would be open to everybody.
 * @param path of the socket, as others open it.
 */
export function brokerSettings(path: string, listen?: string, password?: Secret): string {
  const pathBytes = Buffer.byteLength(path);
  if (pathBytes > MAX_SOCKET_PATH_BYTES) {
    throw new WeirError(
      'config',
      `state_dir is too long: the broker's socket ${path} would have ${pathBytes} bytes and Linux takes ` +
        `${MAX_SOCKET_PATH_BYTES}; choose a shorter state_dir.`,
    );
  }
  return [
    ...listenSettings(listen, password !== undefined),
    `unixsocket ${SOCKET}`,
    'unixsocketperm 700',
    'dir .',
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    // An evicted key would be a lost decision or lease; BullMQ requires it too.
    'maxmemory-policy noeviction',
    `user default on ${passwordRule(password)} ~* &* +@all ${FORBIDDEN.map((name) => `-${name}`).join(' ')}`,
    '',
  ].join('\n');
}

function passwordRule(password: Secret | undefined): string {
  if (password === undefined) return 'nopass';
  return `#${createHash('sha256').update(password.reveal()).digest('hex')}`;
}

function listenSettings(listen: string | undefined, hasPassword: boolean): string[] {
  if (listen === undefined) return ['port 0'];
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(listen);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new WeirError('config', `broker.listen is "${listen}": expected host:port, like 192.168.81.51:6390.`);
  }
  if (!hasPassword) {
    throw new WeirError(
      'config',
      `broker.listen is "${listen}" without broker.password: every user of this machine, at least, could command the pool.`,
    );
  }
  return [`bind ${quote(host)}`, `port ${port}`];
}

/** As Redis splits both its configuration and inline commands (sdssplitargs in sds.c). */
export function quote(text: string): string {
  const escaped = [...Buffer.from(text)].map((byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `"${escaped.join('')}"`;
}
