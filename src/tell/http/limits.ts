/** What one address may ask of the server, and one connection: more is cut off before it costs anything. */

import type { Server } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import { type Handler, respondText, type WebRequest } from './handler.ts';

export interface Limits {
  /** Connections of one address at once. */
  readonly connections: number;
  /** Requests of one address in a second, and in one go after it was quiet. */
  readonly perSecond: number;
  readonly inOneGo: number;
  /** Addresses that speak for many, a proxy's: no limit by address. */
  readonly proxies: readonly string[];
}

/** A fourth of all that are open; a browser or a Prometheus has one or two. */
export const LIMITS: Limits = { connections: 128, perSecond: 100, inOneGo: 500, proxies: [] };

/** Requests on one connection whose answers have not left: no client that waits for answers has several. */
const MAX_UNREAD = 8;

/** Addresses whose requests are remembered. */
const MAX_ADDRESSES = 1_024;

/** Where a connection comes from, as limits are counted and the log has it. */
export function sourceOf({ remoteAddress = '' }: Socket): string {
  return networkOf(remoteAddress);
}

/** One address of IPv4, or the network of an IPv6 one: a host has all of a /64. Pure. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  if (address.startsWith('::ffff:')) return address.slice('::ffff:'.length);
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  const behind = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - groups.length - behind.length;
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...behind];
  return `${all.slice(0, 4).join(':')}::/64`;
}

/** What ends the head of a request. */
const END_OF_HEAD = '\r\n\r\n';

/**
 * Node reads 64 KiB at once and makes a request of each that is in there, whatever becomes of the connection: thousands, which
 * no client that waits for answers has written. So a chunk is looked at before Node has it.
 */
function refuseHeaps(socket: Socket, onCut: () => void): void {
  const [parse] = socket.listeners('data') as ((chunk: Buffer) => void)[];
  if (parse === undefined) throw new Error('node:http listens to its connections in another way');
  socket.removeListener('data', parse);
  socket.on('data', (chunk: Buffer) => {
    if (!isHeap(chunk)) return parse(chunk);
    onCut();
    socket.destroy();
  });
}

function isHeap(chunk: Buffer): boolean {
  let at = -1;
  for (let heads = 0; heads <= MAX_UNREAD; heads += 1) {
    at = chunk.indexOf(END_OF_HEAD, at + 1);
    if (at < 0) return false;
  }
  return true;
}

/** Connections above the limit, and those with heaps of requests, are hung up on. `onCut` is told of each. */
export function limitConnections(server: Server, limits: Limits, onCut: (source: string) => void): void {
  const open = new Map<string, number>();
  const proxies = new Set(limits.proxies.map(networkOf));
  server.on('connection', (socket: Socket) => {
    const source = sourceOf(socket);
    refuseHeaps(socket, () => onCut(source));
    if (proxies.has(source)) return;
    const count = (open.get(source) ?? 0) + 1;
    if (count > limits.connections) {
      onCut(source);
      socket.destroy();
      return;
    }
    open.set(source, count);
    socket.once('close', () => {
      const left = (open.get(source) ?? 1) - 1;
      if (left === 0) open.delete(source);
      else open.set(source, left);
    });
  });
}

/** Counts what is asked. A connection that asks on without reading is hung up on; an address that asks too often is told so. */
export function limitRequests(
  limits: Limits,
  onCut: (source: string) => void,
  clock = () => performance.now(),
): Handler {
  const unread = new WeakMap<Socket, number>();
  const take = createBuckets(limits, clock);
  const proxies = new Set(limits.proxies.map(networkOf));
  return ({ raw: { socket } }, response) => {
    const waiting = (unread.get(socket) ?? 0) + 1;
    unread.set(socket, waiting);
    response.once('close', () => unread.set(socket, (unread.get(socket) ?? 1) - 1));
    const source = sourceOf(socket);
    if (waiting > MAX_UNREAD) {
      onCut(source);
      socket.destroy();
      return true;
    }
    if (proxies.has(source) || take(source)) return false;
    onCut(source);
    const text = `More than ${limits.perSecond} requests a second from one address: ask again in a second.`;
    return respondText(response, 429, text, { 'Retry-After': '1', Connection: 'close' });
  };
}

/** Whether an address may ask once more. The addresses that were quiet for longest are forgotten. */
function createBuckets({ perSecond, inOneGo }: Limits, clock: () => number): (source: string) => boolean {
  const buckets = new Map<string, { readonly left: number; readonly at: number }>();
  return (source) => {
    const now = clock();
    const { left, at } = buckets.get(source) ?? { left: inOneGo, at: now };
    const filled = Math.min(inOneGo, left + ((now - at) / 1_000) * perSecond);
    buckets.delete(source);
    buckets.set(source, { left: Math.max(0, filled - 1), at: now });
    const [oldest] = buckets.keys();
    if (buckets.size > MAX_ADDRESSES && oldest !== undefined) buckets.delete(oldest);
    return filled >= 1;
  };
}

/** The connection is gone: nobody reads an answer. */
export function isGone({ raw }: Pick<WebRequest, 'raw'>): boolean {
  return raw.socket.destroyed;
}
