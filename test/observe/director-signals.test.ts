import type { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { SIGNALS } from '../../src/model/signals.ts';
import { createVrrpReader, type Dump, hasVip } from '../../src/observe/vrrp.ts';
import type { VrrpInstance } from '../../src/observe/vrrp-dump.ts';
import { poolOf } from '../support/world.ts';

describe('the VIP is on an interface', () => {
  const address = (text: string) =>
    ({ address: text }) as NonNullable<ReturnType<typeof networkInterfaces>[string]>[number];

  test('when the kernel says so', () => {
    expect(hasVip('127.0.0.1', 'lo')).toBe(true);
    expect(hasVip('127.0.0.1', 'no-such-interface')).toBe(false);
    expect(hasVip('192.0.2.1', 'lo')).toBe(false);
  });

  test('not because it is on lo, where every node has it (T1)', () => {
    const interfaces = () => ({ lo: [address('192.168.81.229')], eth0: [address('192.168.81.51')] });

    expect(hasVip('192.168.81.229', 'eth0', interfaces)).toBe(false);
  });

  test('in any spelling of IPv6', () => {
    const interfaces = () => ({ eth0: [address('fe80::1'), address('fd00::229')] });

    expect(hasVip('FD00:0:0::229', 'eth0', interfaces)).toBe(true);
  });

  test('under a label too, which is part of the interface’s name there', () => {
    const interfaces = () => ({ 'eth0:vip': [address('192.168.81.229')], eth01: [address('192.168.81.230')] });

    expect(hasVip('192.168.81.229', 'eth0', interfaces)).toBe(true);
    expect(hasVip('192.168.81.230', 'eth0', interfaces)).toBe(false);
  });
});

const INSTANCE: VrrpInstance = {
  name: 'VI_1',
  state: 1,
  interface: 'eth0',
  vips: ['192.168.81.229 dev eth0 scope global'],
  effectivePriority: 250,
  nopreempt: false,
  advertsReceived: 100,
};

describe('a director’s signals', () => {
  function reader(vip = false, address = '192.168.81.229') {
    let nowMs = 0;
    const pool = { ...poolOf(), vip: { address, port: 6379 } };
    const vrrp = createVrrpReader({
      pool,
      interface: 'eth0',
      windowMs: 15_000,
      monotonic: () => nowMs,
      hasVip: () => vip,
    });
    return (dump: Dump) => {
      nowMs += 1_000;
      return vrrp.read(dump);
    };
  }

  const dumpOf = (...instances: VrrpInstance[]): Dump => ({ alive: true, instances });

  test('are those of the instance that carries the pool’s VIP', () => {
    const other = { ...INSTANCE, state: 2, vips: ['192.168.81.22 dev eth0', '192.168.81.2290'], effectivePriority: 1 };

    expect(reader()(dumpOf(other, INSTANCE))).toEqual({
      signals: { state: 'BACKUP', keepalived: true, vip: false, bystander: false, priority: 250, nopreempt: false },
      troubles: [],
    });
  });

  test.each(['192.168.81.229/24 dev eth0 scope global', '192.168.81.229'])('know the VIP in %j', (text) => {
    expect(reader()(dumpOf({ ...INSTANCE, vips: ['10.0.0.1 dev eth0', text] })).signals.state).toBe('BACKUP');
  });

  test('know an IPv6 VIP in any spelling', () => {
    const instance = { ...INSTANCE, vips: ['fd00::229/64 dev eth0 scope global set'] };

    expect(reader(false, 'FD00:0:0:0::229')(dumpOf(instance)).signals.state).toBe('BACKUP');
  });

  test('say MISMATCH where keepalived and the interface contradict each other', () => {
    expect(reader(true)(dumpOf(INSTANCE)).signals).toMatchObject({ state: 'MISMATCH', vip: true });
    expect(reader(false)(dumpOf({ ...INSTANCE, state: 2 })).signals).toMatchObject({ state: 'MISMATCH', vip: false });
  });

  test('say that no instance has the VIP', () => {
    const { signals, troubles } = reader()(dumpOf());

    expect(troubles).toEqual(['keepalived has no vrrp_instance with the VIP 192.168.81.229.']);
    expect(signals).not.toHaveProperty('priority');
  });

  test('hand on what keepalived could not be asked', () => {
    const dump = { alive: false, trouble: 'keepalived is not running (/run/keepalived.pid).' };

    expect(reader(true)(dump)).toEqual({
      signals: { state: 'ORPHAN', keepalived: false, vip: true },
      troubles: [dump.trouble],
    });
  });

  test('have the rate of adverts from two polls on, and count anew after a restart (T29)', () => {
    const read = reader();
    const adverts = (advertsReceived: number) => read(dumpOf({ ...INSTANCE, advertsReceived })).signals;

    expect(adverts(100)).not.toHaveProperty('adverts_received_rate');
    expect(adverts(105)).toMatchObject({ adverts_received_rate: 5 });
    expect(adverts(1)).toMatchObject({ adverts_received_rate: 3 });
  });

  test('have the time since the last change, never a negative one where the clock was set back', () => {
    const since = (lastTransition: number) => reader()(dumpOf({ ...INSTANCE, lastTransition })).signals;

    expect(since(Date.now() / 1_000 - 60).last_transition_seconds).toBeCloseTo(60, -1);
    expect(since(Date.now() / 1_000 + 600).last_transition_seconds).toBe(0);
  });

  test('are in the catalogue', () => {
    const { signals } = reader()(dumpOf({ ...INSTANCE, lastTransition: 1 }));

    expect(Object.keys(signals).filter((name) => !(name in SIGNALS.director))).toEqual([]);
  });
});
