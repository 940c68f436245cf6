/** What the embedded broker is told: its redis.conf. Pure. */

import type { Secret } from '../../model/configuration/secret.ts';
import { WeirError } from '../../model/error.ts';

/** sizeof(sun_path) less the closing NUL: unix(7). */
const MAX_SOCKET_PATH_BYTES = 107;

/** redis.conf as text. Throws a WeirError when the path is too long or the address would be open to everybody. */
export function brokerSettings(path: string, dir: string, listen?: string, password?: Secret): string {
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
    `unixsocket ${quote(path)}`,
    'unixsocketperm 700',
    `dir ${quote(dir)}`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    // An evicted key would be a lost decision or lease; BullMQ requires it too.
    'maxmemory-policy noeviction',
    ...(password === undefined ? [] : [`requirepass ${quote(password.reveal())}`]),
    '',
  ].join('\n');
}

function listenSettings(listen: string | undefined, hasPassword: boolean): string[] {
  if (listen === undefined) return ['port 0'];
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(listen);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new WeirError('config', `broker.listen is "${listen}": expected host:port, like 192.168.81.51:6390.`);
  }
  if (!hasPassword && !/^(127(\.\d{1,3}){3}|::1|localhost)$/.test(host)) {
    throw new WeirError(
      'config',
      `broker.listen is "${listen}" without broker.password: everybody could command the pool; set a password, or ` +
        'listen on 127.0.0.1.',
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
