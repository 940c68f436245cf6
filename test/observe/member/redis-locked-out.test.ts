import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Signals } from '../../../src/model/readings/signals.ts';
import { NO_ANSWER } from '../../../src/observe/redis/read-member.ts';
import { startRedis } from '../../support/redis.ts';
import { type MemberFixtureOptions, membersOfTests, readerAt } from './member-fixture.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const member = membersOfTests();

/** What a reading says of a member that keeps its reader out: nothing of its writes, its queues at most. */
const lockedOut = (by: string, trouble: RegExp, besides: Signals = {}) => ({
  signals: { answering: true, locked_out: by, ...besides },
  troubles: [expect.stringMatching(trouble)],
});

const PASSWORD = /^Redis of member a refuses the password: set redis\.password of the pool\.$/;

describe('a member that keeps its reader out serves its producers all the same: its writes are not known', () => {
  it('for want of a password', async () => {
    const a = await member({ serverPassword: 's3cret' });

    expect(await a.read()).toEqual(lockedOut('password', PASSWORD));
  });

  it('for a wrong password, at the first look and at every one after it, without printing it', async () => {
    const a = await member({ serverPassword: 's3cret', password: 'wr0ng' });

    for (let look = 0; look < 5; look += 1) {
      const reading = await a.read();
      expect(reading).toEqual(lockedOut('password', PASSWORD));
      expect(JSON.stringify(reading)).not.toContain('wr0ng');
    }
  });

  it('lets it in with the right one', async () => {
    const a = await member({ serverPassword: 's3cret', password: 's3cret' });

    expect(await a.read()).toMatchObject({
      signals: { answering: true, writable: true, locked_out: '' },
      troubles: [],
    });
  });

  it('since it was started again with another password; its producers have that', async () => {
    const old = await startRedis({ tcp: true, args: ['--requirepass', 'old'] });
    const reader = readerAt(old.port, { password: 'old' });
    ends.push(reader.close);
    expect(await reader.read()).toMatchObject({ signals: { writable: true } });

    await old.stop();
    const renewed = await startRedis({ port: old.port, args: ['--requirepass', 'new'] });
    ends.push(renewed.stop);

    await expect.poll(() => reader.read(), { timeout: 50_000, interval: 200 }).toEqual(lockedOut('password', PASSWORD));
  });

  it('since its user was taken away while it was connected', async () => {
    const a = await member({
      args: ['--user', 'weir', 'on', '>s3cret', '~*', '+info', '+llen'],
      username: 'weir',
      password: 's3cret',
    });
    expect(await a.read()).toMatchObject({ signals: { writable: true } });

    await a.client.call('ACL', 'DELUSER', 'weir');

    await expect.poll(() => a.read(), { timeout: 50_000, interval: 200 }).toEqual(lockedOut('password', PASSWORD));
  });

  it('since its ACL took INFO away while it was connected, in Redis’ own words', async () => {
    const a = await member();
    expect(await a.read()).toMatchObject({ signals: { writable: true } });

    await a.client.call('ACL', 'SETUSER', 'default', '-info');

    const words = /^Redis of member a refuses INFO: NOPERM .*'info' command\.$/;
    expect(await a.read()).toEqual(lockedOut('permission', words, { queue_depth: 0 }));
  });

  it('because INFO has another name there', async () => {
    const a = await member({ args: ['--rename-command', 'INFO', 'SECRET-INFO'] });

    const words = /^Redis of member a refuses INFO: ERR unknown command 'info'/;
    expect(await a.read()).toEqual(lockedOut('command', words, { queue_depth: 0 }));
  });

  it.each([undefined, 's3cret'])('because it has as many clients as it may (password: %s)', async (password) => {
    const server = await startRedis({ tcp: true, args: ['--maxclients', '2'] });
    ends.push(server.stop);
    const inside = [connect(server.port, '127.0.0.1'), connect(server.port, '127.0.0.1')];
    ends.push(() => {
      for (const socket of inside) socket.destroy();
    });
    const [producer] = inside as [Socket];
    await Promise.all(inside.map((socket) => once(socket, 'connect')));
    const reader = readerAt(server.port, password === undefined ? {} : { password });
    ends.push(reader.close);

    for (let look = 0; look < 3; look += 1) {
      const words = /^Redis of member a turns every new connection away: ERR max number of clients reached\.$/;
      expect(await reader.read()).toEqual(lockedOut('maxclients', words));
    }
    // Who is inside is served.
    producer.write('RPUSH logstash x\r\n');
    expect(String(await once(producer, 'data'))).toBe(':1\r\n');
  });

  // A stand-in: to a client on the loopback interface Redis itself opens its door.
  it.each([undefined, 's3cret'])('because it is in protected mode (password: %s)', async (password) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(
        '-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode ...\r\n',
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => void server.close());
    const reader = readerAt((server.address() as AddressInfo).port, password === undefined ? {} : { password });
    ends.push(reader.close);

    for (let look = 0; look < 3; look += 1) {
      const words =
        /^Redis of member a turns every new connection away: DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user\.$/;
      expect(await reader.read()).toEqual(lockedOut('protected-mode', words));
    }
  });

  it('and is silent two looks after it has frozen: silence is a fact again', async () => {
    const a = await member({ serverPassword: 's3cret', password: 'wr0ng', reader: { timeoutMs: 500 } });
    expect(await a.read()).toMatchObject({ signals: { locked_out: 'password' } });

    process.kill(a.server.pid, 'SIGSTOP');
    await a.read();
    await a.read();

    expect(await a.read()).toEqual({ signals: NO_ANSWER, troubles: [] });
    process.kill(a.server.pid, 'SIGCONT');
  });
});

describe('a member whose ACL takes less than INFO away is known by the rest', () => {
  /** A member whose reader comes in as user `weir`, who may do this only. */
  const limited = (commands: string, reader: MemberFixtureOptions['reader'] = {}) =>
    member({
      args: ['--user', 'weir', 'on', '>s3cret', '~*', ...commands.split(' ')],
      username: 'weir',
      password: 's3cret',
      reader,
    });

  it('without LLEN there is no depth', async () => {
    const a = await limited('+info');

    const { signals, troubles } = await a.read();

    expect(signals).toMatchObject({ answering: true, writable: true, role: 'master', locked_out: '' });
    expect(signals).not.toHaveProperty('queue_depth');
    expect(troubles).toEqual([expect.stringMatching(/^Queue logstash of member a cannot be counted: NOPERM .*'llen'/)]);
  });

  it('without CLIENT LIST there are no consumers, at every poll', async () => {
    const a = await limited('+info +llen', { own: true });

    for (const afterMs of [1_000, 1_000, 30_000]) {
      const { signals, troubles } = await a.read(afterMs);

      expect(signals).toMatchObject({ answering: true, writable: true, queue_depth: 0 });
      expect(signals).not.toHaveProperty('consumers');
      expect(troubles).toEqual([
        expect.stringMatching(/^The consumers of member a cannot be counted: NOPERM .*'client/),
      ]);
    }
  });
});
