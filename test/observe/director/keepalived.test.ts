import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { removeOrphan } from '../../../src/act/vip/orphan.ts';
import { createRun, type Run } from '../../../src/lib/run-program.ts';
import { SIGNALS } from '../../../src/model/readings/signals.ts';
import { devicesWith } from '../../../src/observe/director/devices.ts';
import { askSignal, createKeepalivedReader } from '../../../src/observe/director/keepalived-dump.ts';
import { createVrrpReader, type DirectorReading } from '../../../src/observe/director/vrrp.ts';
import { poolOf } from '../../support/pool.ts';
import { until } from '../../support/waiting.ts';
import {
  CAN_RUN_KEEPALIVED,
  type KeepalivedOptions,
  startKeepalived,
  type TestKeepalived,
  VIP,
  VRRP_INTERFACE,
} from './keepalived-fixture.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const end of ends.splice(0).reverse()) await end();
});

const STALE_AFTER_MS = 1_000;
/** A keepalived on a busy machine is late; only one that hangs is waited for in vain. */
const DUMP_WITHIN_MS = 30_000;
const HANGS_FOR_MS = 1_000;

interface Director {
  readonly keepalived: TestKeepalived;
  /** One poll, a second later by the reader's clock; so long it waits for a dump. */
  read(dumpWithinMs?: number): Promise<DirectorReading>;
  /** Polls until the director is in this state. */
  becomes(state: string, dumpWithinMs?: number): Promise<unknown>;
}

async function director(options?: KeepalivedOptions & { readonly poolVip?: string }): Promise<Director> {
  vi.stubEnv('PATH', `${process.env.PATH}:/usr/sbin:/sbin`);
  const keepalived = await startKeepalived(options);
  ends.push(keepalived.stop);
  const { signal } = await askSignal();
  const dumps = createKeepalivedReader({ keepalived: keepalived.files, signal, staleAfterMs: STALE_AFTER_MS });
  let nowMs = 0;
  const vrrp = createVrrpReader({
    pool: { ...poolOf(), vip: { address: options?.poolVip ?? VIP, port: 6379 } },
    interface: VRRP_INTERFACE,
    windowMs: 15_000,
    monotonic: () => nowMs,
    devicesWith: (vip) => devicesWith(vip, keepalived.interfaces),
  });
  const read = async (dumpWithinMs = DUMP_WITHIN_MS) => {
    nowMs += 1_000;
    return vrrp.read(await dumps.dump(dumpWithinMs));
  };
  return {
    keepalived,
    read,
    becomes: (state, dumpWithinMs) => until(async () => (await read(dumpWithinMs)).signals.state === state),
  };
}

/** SIGKILL to the parent alone lets the VRRP child clean up (prctl(2), PR_SET_PDEATHSIG); the other way it is made anew. */
async function killBoth({ pid, vrrpPid }: TestKeepalived): Promise<void> {
  const child = await vrrpPid();
  process.kill(pid, 'SIGSTOP');
  process.kill(child, 'SIGKILL');
  process.kill(pid, 'SIGKILL');
  await until(() => isGone(pid) && isGone(child));
}

/** Ended, though perhaps nobody has waited for it yet: a zombie (proc.5). */
function isGone(pid: number): boolean {
  return !existsSync(`/proc/${pid}/stat`) || / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

describe.skipIf(!CAN_RUN_KEEPALIVED)('a director with a real keepalived', () => {
  it('that has the VIP is MASTER, and says what keepalived says of itself', async () => {
    const a = await director();
    await a.becomes('MASTER');

    const { signals, troubles } = await a.read();

    expect(troubles).toEqual([]);
    expect(signals).toMatchObject({ state: 'MASTER', keepalived: true, vip: true, priority: 150, nopreempt: true });
    expect(signals.adverts_received_rate).toBe(0);
    expect(signals.last_transition_seconds).toBeGreaterThanOrEqual(0);
    expect(signals.last_transition_seconds).toBeLessThan(60);
    expect(Object.keys(signals).filter((name) => !(name in SIGNALS.director))).toEqual([]);
  });

  it('whose VIP has a label is MASTER too', async () => {
    const a = await director({ vip: `${VIP}/32 label ${VRRP_INTERFACE}:vip` });

    await a.becomes('MASTER');
  });

  // v1 is the other end of the VRRP interface: an interface like any other.
  it.each<[string, KeepalivedOptions]>([
    ['behind a MAC of its own (use_vmac)', { lines: 'use_vmac vrrp.51\n  vmac_xmit_base' }],
    ['on another interface (dev)', { vip: `${VIP}/32 dev v1` }],
    [
      'excluded from the adverts',
      { vip: '10.99.0.77/24', lines: `virtual_ipaddress_excluded {\n    ${VIP}/24 dev v1\n  }` },
    ],
  ])(
    'whose VIP is %s is MASTER, ORPHAN when it was killed, and DOWN when the VIP was taken off there',
    async (_, options) => {
      const a = await director(options);
      await a.becomes('MASTER');
      expect(await a.read()).toMatchObject({ signals: { vip: true }, troubles: [] });

      await killBoth(a.keepalived);

      expect((await a.read()).signals).toEqual({ state: 'ORPHAN', keepalived: false, vip: true });
      const run = createRun();
      const inside: Run = (program, args) => run('nsenter', [...a.keepalived.inside, program, ...args]);
      const pool = poolOf();
      const directed = { ...pool, vip: { address: VIP, port: 6379 }, lvs: { ...pool.lvs, forwarding: 'nat' as const } };
      await removeOrphan(inside, directed, VRRP_INTERFACE);
      expect((await a.read()).signals).toEqual({ state: 'DOWN', keepalived: false, vip: false });
    },
  );

  it('that waits for another’s silence is BACKUP, without the VIP', async () => {
    const a = await director({ advertSeconds: 10 });

    await a.becomes('BACKUP');

    expect((await a.read()).signals).toMatchObject({ vip: false, keepalived: true });
  });

  it('whose interface is down is FAULT', async () => {
    const a = await director();
    await a.becomes('MASTER');

    await a.keepalived.ip('link', 'set', VRRP_INTERFACE, 'down');

    await a.becomes('FAULT');
  });

  it('whose VRRP child hangs is HUNG with the VIP, whatever the dump from before says, and MASTER when it goes on (T36)', async () => {
    const a = await director();
    await a.becomes('MASTER');
    const child = await a.keepalived.vrrpPid();

    process.kill(child, 'SIGSTOP');
    await a.becomes('HUNG', HANGS_FOR_MS);

    const { signals, troubles } = await a.read(HANGS_FOR_MS);
    expect(signals).toEqual({ state: 'HUNG', keepalived: true, vip: true });
    expect(troubles).toEqual([expect.stringContaining('wrote no fresh dump')]);
    expect(await readFile(a.keepalived.files.dumpFile, 'utf8')).toContain('"state":2');
    process.kill(child, 'SIGCONT');
    await a.becomes('MASTER');
  });

  it('that was killed leaves its VIP, its pid file and its dump behind: an ORPHAN, never MASTER (T2, T3)', async () => {
    const a = await director();
    await a.becomes('MASTER');

    await killBoth(a.keepalived);

    expect(await a.read()).toEqual({
      signals: { state: 'ORPHAN', keepalived: false, vip: true },
      troubles: [`keepalived is not running (${a.keepalived.files.pidFile}).`],
    });
    expect(await readFile(a.keepalived.files.pidFile, 'utf8')).toContain(String(a.keepalived.pid));
    expect(await readFile(a.keepalived.files.dumpFile, 'utf8')).toContain('"state":2');
  });

  it('that was stopped takes its VIP with it: DOWN', async () => {
    const a = await director();
    await a.becomes('MASTER');

    process.kill(a.keepalived.pid, 'SIGTERM');

    await a.becomes('DOWN');
    expect((await a.read()).signals).toEqual({ state: 'DOWN', keepalived: false, vip: false });
  });

  it('that has another VIP says so', async () => {
    const a = await director({ poolVip: '10.99.0.101' });

    await until(async () =>
      (await a.read()).troubles.some((one) =>
        one.startsWith('keepalived has no vrrp_instance with the VIP 10.99.0.101'),
      ),
    );
    expect((await a.read()).signals).toEqual({ keepalived: true, vip: false, bystander: expect.any(Boolean) });
  });

  it('never hands on the password, which the dump has in clear (T6)', async () => {
    const password = 's3cret42';
    const a = await director({ password, advertSeconds: 10 });
    await a.becomes('BACKUP');
    const { signal } = await askSignal();
    const dumps = createKeepalivedReader({ keepalived: a.keepalived.files, signal, staleAfterMs: STALE_AFTER_MS });

    const dump = await dumps.dump(DUMP_WITHIN_MS);

    expect(dump.instances).toHaveLength(1);
    expect(await readFile(a.keepalived.files.dumpFile, 'utf8')).toContain(password);
    expect(JSON.stringify([dump, await a.read()])).not.toContain(password);
  });

  it('is asked with the signal that it names itself', async () => {
    vi.stubEnv('PATH', `${process.env.PATH}:/usr/sbin:/sbin`);

    const { signal, trouble } = await askSignal();

    expect(trouble).toBeUndefined();
    expect(signal).toBeGreaterThan(31);
  });
});
