import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Control, type ControlOptions, openControl } from '../../../lab/machine/control.ts';
import type { Call, ProgramEvent } from '../../../lab/machine/protocol.ts';
import { tempDir } from '../../support/temp-dir.ts';

const LOST = 'The lab has lost its guest';
/** A machine may be slow: a test that waits this long has failed. */
const WITHIN = { timeout: 50_000 };

let events: ProgramEvent[];
let control: Control;
let sockets: Socket[];

beforeEach(async () => {
  sockets = [];
  await open();
});
afterEach(() => {
  control.close(new Error('The test is over.'));
  for (const socket of sockets) socket.destroy();
});

async function open(options: Partial<ControlOptions> = {}): Promise<void> {
  events = [];
  control = await openControl({ emit: (event) => events.push(event), ...options });
}

interface Visitor {
  readonly socket: Socket;
  /** What the lab has said, a line each. */
  readonly heard: string[];
  readonly closed: Promise<unknown>;
  say(message: unknown): void;
}

/** Somebody who connects to the lab, and says nothing by itself. */
async function visit(): Promise<Visitor> {
  const socket = connect(control.settings.control);
  sockets.push(socket);
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  const heard: string[] = [];
  createInterface({ input: socket })
    .on('line', (line) => heard.push(line))
    .on('error', () => {}); // The lab may hang up while it is spoken to.
  await once(socket, 'connect');
  return { socket, heard, closed, say: (message) => socket.write(`${JSON.stringify(message)}\n`) };
}

/** The agent: who knows the token. */
async function agent(): Promise<Visitor> {
  const visitor = await visit();
  visitor.say({ hello: control.settings.token });
  await control.connected;
  return visitor;
}

async function callsHeardBy(visitor: Visitor, count: number): Promise<Call[]> {
  await expect.poll(() => visitor.heard.length, WITHIN).toBe(count);
  return visitor.heard.map((line) => JSON.parse(line) as Call);
}

const line = (text: string): ProgramEvent => ({ event: 'line', name: 'redis-a', stream: 'stdout', line: text });

describe('who is let in', () => {
  it.each([
    ['who has another token', { hello: '0'.repeat(48) }],
    ['who has no token', { hello: '' }],
    ['who tells news', line('made up')],
    ['who answers', { id: 1, answer: {} }],
    ['who says null', null],
  ])('not one %s; the agent still is', async (_, message) => {
    const stranger = await visit();

    stranger.say(message);
    await stranger.closed;
    await agent();

    expect([stranger.heard, events]).toEqual([[], []]);
  });

  it('not one who does not speak JSON', async () => {
    const stranger = await visit();

    stranger.socket.write('GET / HTTP/1.1\r\n\r\n');

    await stranger.closed;
  });

  it('not a second one, and the first goes on', async () => {
    const first = await agent();
    const second = await visit();

    second.say({ hello: control.settings.token });
    await second.closed;
    first.say(line('still here'));

    await expect.poll(() => events, WITHIN).toEqual([line('still here')]);
  });

  it('each lab has a token of its own, which is long', async () => {
    const other = await openControl({ emit: () => {} });
    other.close(new Error('over'));

    expect(control.settings.token).toMatch(/^[0-9a-f]{48}$/);
    expect(other.settings.token).not.toBe(control.settings.token);
  });
});

describe('calls', () => {
  it('are answered in any order', async () => {
    const guest = await agent();
    const read = control.call('read', { place: 'a', path: '/proc/net/ip_vs' });
    const signal = control.call('signal', { name: 'redis-b', signal: 'SIGSTOP' });
    const [first, second] = await callsHeardBy(guest, 2);

    guest.say({ id: second?.id, answer: { signalled: 1 } });
    guest.say({ id: first?.id, answer: { text: 'IP Virtual Server' } });

    expect(first).toMatchObject({ op: 'read', ask: { place: 'a', path: '/proc/net/ip_vs' } });
    expect(second).toMatchObject({ op: 'signal', ask: { name: 'redis-b', signal: 'SIGSTOP' } });
    expect([await read, await signal]).toEqual([{ text: 'IP Virtual Server' }, { signalled: 1 }]);
  });

  it('fail with what the agent says is wrong', async () => {
    const guest = await agent();
    const read = control.call('read', { place: 'x', path: '/' });
    const [call] = await callsHeardBy(guest, 1);

    guest.say({ id: call?.id, error: 'There is no host x, only a, b, c, l.' });

    await expect(read).rejects.toThrow('There is no host x, only a, b, c, l.');
  });

  it('go as one line each, whatever text is in them', async () => {
    const guest = await agent();
    const text = 'one\ntwo\r\nthree\u2028four\u2029ü😀';
    control.call('save', { place: 'a', path: '/run/x', text }).catch(() => {});
    control.call('write', { name: 'producers', line: '{}' }).catch(() => {});

    const [save, write] = await callsHeardBy(guest, 2);

    expect([save?.ask, write?.ask]).toMatchObject([{ text }, { line: '{}' }]);
    expect(guest.heard.join('')).not.toMatch(/[\u2028\u2029]/);
  });
});

it('news come as they were told, also when a character is cut in two on its way', async () => {
  const guest = await agent();
  const told = [line('one'), line('zwölf → 😀'), { event: 'exit', name: 'redis-a', code: 0, signal: null } as const];
  const bytes = Buffer.from(told.map((event) => `${JSON.stringify(event)}\n`).join(''));

  for (const byte of bytes) {
    await new Promise<void>((resolve) => guest.socket.write(Buffer.of(byte), () => resolve()));
  }

  await expect.poll(() => events, WITHIN).toEqual(told);
});

describe('the end', () => {
  const ends: readonly (readonly [string, (guest: Visitor) => void])[] = [
    ['the guest ends', (guest) => guest.socket.end()],
    ['the guest dies', (guest) => guest.socket.resetAndDestroy()],
    ['the guest talks nonsense', (guest) => guest.socket.write('Kernel panic - not syncing\n')],
  ];
  it.each(ends)('%s: what waits fails, and what is asked later', async (_, end) => {
    const guest = await agent();
    const waiting = control.call('read', { place: 'a', path: '/' });
    const failed = expect(waiting).rejects.toThrow(LOST);

    end(guest);
    await failed;

    await expect(control.call('read', { place: 'a', path: '/' })).rejects.toThrow(LOST);
  });

  it('closing fails what waits with the reason, and the agent sees the end', async () => {
    const guest = await agent();
    const waiting = control.call('read', { place: 'a', path: '/' });
    const failed = expect(waiting).rejects.toThrow('The lab has been stopped.');

    control.close(new Error('The lab has been stopped.'));

    await Promise.all([failed, guest.closed]);
  });

  it('closing before the agent came fails who waits for it, and nobody can come any more', async () => {
    const failed = expect(control.connected).rejects.toThrow('stopped');

    control.close(new Error('The lab has been stopped.'));

    await failed;
    await expect(once(connect(control.settings.control), 'connect')).rejects.toThrow('ECONNREFUSED');
  });
});

describe('where it is', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await tempDir();
    control.close(new Error('Another one is opened.'));
  });

  it('at a path, for namespaces on this kernel', async () => {
    const path = join(dir, 'control.sock');
    await open({ path });

    expect(control.settings.control).toEqual({ path });
    await agent();
    control.close(new Error('over'));
    await expect.poll(() => existsSync(path), WITHIN).toBe(false);
  });

  it('at a port, under the address that the guest sees', async () => {
    await open({ loopback: '10.0.2.2' });

    expect(control.settings.control).toMatchObject({ host: '10.0.2.2', port: expect.any(Number) });
  });

  it('a path that is taken is an error, not a second lab', async () => {
    const path = join(dir, 'control.sock');
    await open({ path });

    await expect(openControl({ path, emit: () => {} })).rejects.toThrow('EADDRINUSE');
  });
});
