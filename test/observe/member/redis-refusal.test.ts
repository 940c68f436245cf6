import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../../lab/free-port.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { fill, membersOfTests } from './member-fixture.ts';

const member = membersOfTests();

describe('a member that is full', () => {
  it.each(['noeviction', 'volatile-lru'])(
    'answers, refuses producers, and says so as long as they are refused (T27): %s',
    async (policy) => {
      const a = await member({ args: ['--maxmemory', '3mb', '--maxmemory-policy', policy] });
      expect((await a.read()).signals).toMatchObject({ writable: true });

      await fill(a.client);

      const { signals, troubles } = await a.read();
      expect(signals).toMatchObject({ answering: true, writable: false, refusal: 'OOM', full: true, filling: true });
      expect(signals).toMatchObject({ refused_writes: 1, refused_rate: 1, memory_limit_bytes: 3 * 2 ** 20 });
      expect(troubles).toEqual([]);
      expect(await a.client.llen('logstash')).toBe(signals.queue_depth);
    },
  );

  it('is known as full at first sight where it is over its limit', async () => {
    const a = await member();
    await a.client.rpush('logstash', 'x'.repeat(500_000));
    await a.client.config('SET', 'maxmemory', '500kb');

    expect((await a.read()).signals).toMatchObject({ answering: true, writable: false, refusal: 'OOM', full: true });
  });

  it('is writable again when consumers have taken', async () => {
    const a = await member({ args: ['--maxmemory', '3mb'] });
    await a.read();
    await fill(a.client);
    expect((await a.read()).signals).toMatchObject({ writable: false });

    await a.client.ltrim('logstash', -2, -1);

    expect((await a.read()).signals).toMatchObject({ writable: true, refusal: '', full: false, queue_depth: 2 });
  });

  it('is not full where it evicts instead, and counts what was lost (T28)', async () => {
    const a = await member({ args: ['--maxmemory', '3mb', '--maxmemory-policy', 'allkeys-lru'] });
    await a.read();
    for (let count = 0; count < 200; count += 1) await a.client.rpush(`logs-${count}`, 'x'.repeat(40_000));

    const { signals } = await a.read();

    expect(signals).toMatchObject({ writable: true, refused_writes: 0, maxmemory_policy: 'allkeys-lru' });
    expect(signals.evicted_keys).toBeGreaterThan(0);
  });
});

describe('a member that answers and takes no push (T27)', () => {
  it('because it is a replica is READONLY', async () => {
    const a = await member();
    await a.client.replicaof('127.0.0.1', await freePort());

    expect((await a.read()).signals).toMatchObject({
      answering: true,
      writable: false,
      refusal: 'READONLY',
      role: 'slave',
    });
  });

  it('because it has too few replicas is NOREPLICAS once somebody was refused', async () => {
    const a = await member({ args: ['--min-replicas-to-write', '1'] });
    await a.read();
    await expect(a.client.rpush('logstash', 'x')).rejects.toThrow('NOREPLICAS');

    const { signals } = await a.read();

    expect(signals).toMatchObject({ answering: true, writable: false, refusal: 'NOREPLICAS', full: false });
    expect(signals.refused_writes).toBe(1);
  });

  it('because it cannot save is MISCONF once somebody was refused', async () => {
    const dir = await tempDir();
    const a = await member({ args: ['--dir', dir, '--save', '3600', '1'] });
    await rm(dir, { recursive: true });
    await a.client.bgsave();
    await expect.poll(() => a.client.info('persistence'), { timeout: 50_000 }).toContain('rdb_last_bgsave_status:err');
    await a.read();
    await expect(a.client.rpush('logstash', 'x')).rejects.toThrow('MISCONF');

    expect((await a.read()).signals).toMatchObject({ answering: true, writable: false, refusal: 'MISCONF' });
  });

  it('because it still loads is LOADING', async () => {
    const a = await member({
      args: ['--enable-debug-command', 'yes', '--loading-process-events-interval-bytes', '1024'],
    });
    for (let count = 0; count < 150; count += 1) await a.client.set(`key-${count}`, 'x'.repeat(200));
    await a.client.config('SET', 'key-load-delay', '10000');
    const loaded = a.client.call('DEBUG', 'RELOAD');

    await expect
      .poll(() => a.read(), { timeout: 50_000, interval: 100 })
      .toMatchObject({ signals: { answering: true, writable: false, refusal: 'LOADING' } });

    await a.client.config('SET', 'key-load-delay', '0').catch(() => {});
    await loaded;
    expect((await a.read()).signals).toMatchObject({ answering: true, writable: true, refusal: '' });
  });

  it('because a script keeps it busy is BUSY: what its reader is refused, producers are as well', async () => {
    const a = await member({ args: ['--busy-reply-threshold', '50'] });
    await a.read();
    const endless = a.client.eval('while true do end', 0).catch(() => {});

    await expect
      .poll(() => a.read(), { timeout: 50_000, interval: 100 })
      .toMatchObject({
        signals: { answering: true, writable: false, refusal: 'BUSY', locked_out: '' },
        troubles: [expect.stringMatching(/^Redis of member a refuses INFO: BUSY /)],
      });

    // A client library asks INFO before it does anything, and is refused as well.
    const operator = connect(a.port, '127.0.0.1');
    operator.write('SCRIPT KILL\r\n');
    await once(operator, 'data');
    operator.destroy();
    await endless;
    expect((await a.read()).signals).toMatchObject({ answering: true, writable: true });
  });
});
