/** The door of a Redis: what it says to who connects, and in which language. For connections that are not to be had. */

import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** Where a connection goes to. */
export interface Door {
  readonly host: string;
  readonly port: number;
  /** TLS is spoken there, as far as weir.yaml knows. */
  readonly tls?: ConnectionOptions;
}

/** A Redis that turns a connection away says so at once, or not at all; a busy machine takes its time to hear it. In ms. */
const SPEAKS_FIRST_WITHIN_MS = 1_000;

/** An answer to one command, in ms. */
const ANSWERS_WITHIN_MS = 300;

/** Both sides reckon for a while. In ms. */
const SPEAKS_TLS_WITHIN_MS = 2_000;

/**
 * What a Redis says at its door. One that turns a connection away says why and hangs up: a client that has begun to talk
 * may never read it. `withinMs`: how long it has for that. @returns undefined where it lets in, or says nothing.
 */
export async function wordAtTheDoor(door: Door, withinMs = SPEAKS_FIRST_WITHIN_MS): Promise<string | undefined> {
  const first = await firstWord(door, withinMs);
  return first.startsWith('-') ? first.slice(1).split('\r\n')[0] : undefined;
}

/** Why the two do not understand each other. @returns an error that says it (src/lib/redis/tls-faults.ts), undefined: that is not why. */
export async function misunderstanding(door: Door, withinMs = SPEAKS_TLS_WITHIN_MS): Promise<Error | undefined> {
  if (door.tls === undefined) return (await speaksTls(door, withinMs)) ? new Error('SPEAKS_TLS') : undefined;
  if (await speaksPlain(door, withinMs)) return new Error('SPEAKS_PLAIN');
  const alert = await alertAfterAll(door, withinMs);
  return alert === undefined ? undefined : new Error(alert);
}

/** Whether a Redis answers there without TLS, be it by a refusal. */
async function speaksPlain({ host, port }: Door, withinMs: number): Promise<boolean> {
  return /^[+-]/.test(await firstWord({ host, port }, Math.min(withinMs, ANSWERS_WITHIN_MS), 'PING\r\n'));
}

/** The first bytes that a server sends, to `says` where there is that; empty where none come in time. */
async function firstWord({ host, port, tls }: Door, withinMs: number, says?: string): Promise<string> {
  const socket: Socket = tls === undefined ? connect({ host, port }) : connectTls({ ...tls, host, port });
  try {
    return await new Promise<string>((resolve) => {
      socket.setTimeout(withinMs, () => resolve(''));
      for (const end of ['error', 'end', 'close'] as const) socket.once(end, () => resolve(''));
      socket.once('data', (data) => resolve(String(data)));
      if (says !== undefined) socket.write(says);
    });
  } finally {
    socket.destroy();
  }
}

/** Whether TLS is spoken there. Such a port hangs up on a client that does not, without a word. */
async function speaksTls(door: Door, withinMs: number): Promise<boolean> {
  // An alert is TLS too; what is none is read as a wrong version.
  return /^(SECURE|ERR_SSL_.*ALERT)/.test(await firstOfTls(door, withinMs));
}

/**
 * The alert with which a server turns a client of TLS away, as for the certificate that it lacks. Of TLS 1.3 that comes after
 * the handshake, and who has written something by then may hear only that the connection is gone.
 */
async function alertAfterAll(door: Door, withinMs: number): Promise<string | undefined> {
  return /^ERR_SSL_.*ALERT_\w+$/.exec(await firstOfTls(door, withinMs, true))?.[0];
}

/** `SECURE`, or the code of what came instead; empty where nothing did. @param waits also for what comes after `SECURE`. */
async function firstOfTls({ host, port, tls }: Door, withinMs: number, waits = false): Promise<string> {
  // Whose certificate it is does not matter: nothing is sent.
  const socket = connectTls({ ...tls, host, port, rejectUnauthorized: false });
  try {
    return await new Promise<string>((resolve) => {
      socket.setTimeout(withinMs, () => resolve(''));
      if (!waits) socket.once('secureConnect', () => resolve('SECURE'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      socket.once('close', () => resolve(''));
    });
  } finally {
    socket.destroy();
  }
}
