import { rm } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../lab/free-port.ts';
import { tempDir } from '../../support/temp-dir.ts';
import {
  asCluster,
  fill,
  type MemberFixture,
  type MemberFixtureOptions,
  startMember,
} from '../member/member-fixture.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function member(options: MemberFixtureOptions = {}): Promise<MemberFixture> {
  const started = await startMember({ probe: true, ...options });
  ends.push(started.end);
  return started;
}

const TAKES = { answering: true, writable: true, refusal: '', full: false, locked_out: '' };
const refuses = (refusal: string) => ({ answering: true, writable: false, refusal, full: refusal === 'OOM' });

describe('a member that is asked by a write', () => {
  it('takes it, and says how long that took', async () => {
    const a = await member();

    const { signals, troubles } = await a.read();

    expect(signals).toMatchObject(TAKES);
    expect(signals.write_seconds).toBeGreaterThan(0);
    expect(troubles).toEqual([]);
  });

  it('refuses it with the word of a push at first sight, though nobody pushes: too few replicas', async () => {
    const a = await member({ args: ['--min-replicas-to-write', '1'] });

    expect((await a.read()).signals).toMatchObject(refuses('NOREPLICAS'));
    expect((await a.read()).signals).toMatchObject(refuses('NOREPLICAS'));

    await a.client.config('SET', 'min-replicas-to-write', '0');
    expect((await a.read()).signals).toMatchObject(TAKES);
  });

  it('refuses it for memory under a policy that finds nothing to evict', async () => {
    const a = await member({ args: ['--maxmemory', '3mb', '--maxmemory-policy', 'volatile-lru'] });
    await fill(a.client);

    expect((await a.read()).signals).toMatchObject(refuses('OOM'));
    expect((await a.read()).signals).toMatchObject({ ...refuses('OOM'), refused_writes: 0 });
  });

  it('refuses it because the last snapshot failed', async () => {
    const dir = await tempDir();
    const a = await member({ args: ['--dir', dir, '--save', '3600', '1'] });
    expect((await a.read()).signals).toMatchObject(TAKES);
    await rm(dir, { recursive: true });
    await a.client.bgsave();
    await expect.poll(() => a.client.info('persistence'), { timeout: 50_000 }).toContain('rdb_last_bgsave_status:err');

    expect((await a.read()).signals).toMatchObject(refuses('MISCONF'));

    await a.client.config('SET', 'stop-writes-on-bgsave-error', 'no');
    expect((await a.read()).signals).toMatchObject(TAKES);
  });

  it('refuses it as a replica, and takes it as one that may be written', async () => {
    const a = await member();
    await a.client.replicaof('127.0.0.1', await freePort());
    expect((await a.read()).signals).toMatchObject({ ...refuses('READONLY'), role: 'slave' });

    await a.client.config('SET', 'replica-read-only', 'no');
    expect((await a.read()).signals).toMatchObject({ ...TAKES, role: 'slave' });
  });

  it('refuses it in a cluster that has no slots', async () => {
    const a = await member({ args: await asCluster() });

    expect((await a.read()).signals).toMatchObject(refuses('CLUSTERDOWN'));
  });

  it('takes it though somebody has a key of that name', async () => {
    const a = await member();
    await a.client.set('weir:probe', 'x');

    expect(await a.read()).toMatchObject({ signals: { ...TAKES, write_seconds: expect.any(Number) }, troubles: [] });
  });
});

describe('a member whose pushes are paused', () => {
  it('is PAUSED from the second poll on, and takes pushes at the first one after it', async () => {
    const a = await member({ reader: { timeoutMs: 1_000 } });
    expect((await a.read()).signals).toMatchObject(TAKES);

    await a.client.call('CLIENT', 'PAUSE', '3600000', 'WRITE');
    const first = (await a.read()).signals;
    expect(first).toMatchObject({ answering: true });
    expect(first).not.toHaveProperty('writable');
    for (let poll = 0; poll < 3; poll += 1) {
      await expect.poll(() => a.read(), { timeout: 50_000 }).toMatchObject({ signals: refuses('PAUSED') });
    }

    await a.client.call('CLIENT', 'UNPAUSE');
    await expect.poll(() => a.read(), { timeout: 50_000 }).toMatchObject({ signals: TAKES });
  });
});

describe('who may not ask', () => {
  it('is told once what would let it, and reads INFO instead', async () => {
    const a = await member({
      args: ['--user', 'weir', 'on', '>s3cret', '~*', '+info', '+llen'],
      username: 'weir',
      password: 's3cret',
    });

    for (let poll = 0; poll < 3; poll += 1) {
      const { signals, troubles } = await a.read();
      expect(signals).toMatchObject(TAKES);
      expect(signals).not.toHaveProperty('write_seconds');
      expect(troubles).toEqual([
        expect.stringMatching(
          /^Whether member a takes pushes is read from INFO alone: NOPERM .*; allow LINSERT on weir:probe there, or set redis\.probe of the pool to read\.$/,
        ),
      ]);
    }
    // Each refusal would be an entry in the server's ACL LOG.
    expect(await a.client.info('commandstats')).toMatch(/cmdstat_linsert:calls=0,.*rejected_calls=1,/);

    await a.client.call('ACL', 'SETUSER', 'weir', '+linsert');
    expect(await a.read(60_000)).toMatchObject({
      signals: { ...TAKES, write_seconds: expect.any(Number) },
      troubles: [],
    });
  });

  it('because there are as many clients as may be has a trouble of its own, and the member takes pushes', async () => {
    const a = await member({ args: ['--maxclients', '2'] });
    await a.client.rpush('logstash', 'x');

    // The test's own client and the reader's: no place is left.
    await expect
      .poll(() => a.read(), { timeout: 50_000 })
      .toMatchObject({
        signals: TAKES,
        troubles: [
          expect.stringMatching(/^Whether member a takes pushes is read from INFO alone: the probe of writes/),
        ],
      });
  });
});
