import { describe, expect, it } from 'vitest';
import { SIGNALS } from '../../../src/model/readings/signals.ts';
import type { VrrpInstance } from '../../../src/model/readings/vrrp-instance.ts';
import type { Dump } from '../../../src/observe/director/keepalived-dump.ts';
import { createVrrpReader } from '../../../src/observe/director/vrrp.ts';
import { poolOf } from '../../support/pool.ts';

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
  /** @param on the interfaces that have the VIP; `true`: the VRRP interface. */
  function reader(on: boolean | readonly string[] = false, address = '192.168.81.229') {
    let nowMs = 0;
    const having = typeof on === 'boolean' ? (on ? ['eth0'] : []) : on;
    const pool = { ...poolOf(), vip: { address, port: 6379 } };
    const vrrp = createVrrpReader({
      pool,
      interface: 'eth0',
      windowMs: 15_000,
      monotonic: () => nowMs,
      devicesWith: () => having,
    });
    return (dump: Dump) => {
      nowMs += 1_000;
      return vrrp.read(dump);
    };
  }

  const dumpOf = (...instances: VrrpInstance[]): Dump => ({ alive: true, instances });

  it('are those of the instance that carries the pool’s VIP', () => {
    const other = { ...INSTANCE, state: 2, vips: ['192.168.81.22 dev eth0', '192.168.81.2290'], effectivePriority: 1 };

    expect(reader()(dumpOf(other, INSTANCE))).toEqual({
      signals: { state: 'BACKUP', keepalived: true, vip: false, bystander: false, priority: 250, nopreempt: false },
      troubles: [],
    });
  });

  it.each(['192.168.81.229/24 dev eth0 scope global', '192.168.81.229'])('know the VIP in %j', (text) => {
    expect(reader()(dumpOf({ ...INSTANCE, vips: ['10.0.0.1 dev eth0', text] })).signals.state).toBe('BACKUP');
  });

  it('know an IPv6 VIP in any spelling', () => {
    const instance = { ...INSTANCE, vips: ['fd00::229/64 dev eth0 scope global set'] };

    expect(reader(false, 'FD00:0:0:0::229')(dumpOf(instance)).signals.state).toBe('BACKUP');
  });

  it('say MISMATCH where keepalived and the interface contradict each other', () => {
    expect(reader(true)(dumpOf(INSTANCE)).signals).toMatchObject({ state: 'MISMATCH', vip: true });
    expect(reader(false)(dumpOf({ ...INSTANCE, state: 2 })).signals).toMatchObject({ state: 'MISMATCH', vip: false });
  });

  it('say that no instance has the VIP', () => {
    const { signals, troubles } = reader()(dumpOf());

    expect(troubles).toEqual([
      'keepalived has no vrrp_instance with the VIP 192.168.81.229: what this node is for it is not known.',
    ]);
    expect(signals).toEqual({ keepalived: true, vip: false, bystander: true });
  });

  it('do not call a keepalived hung that has other VIPs, nor a MASTER or BACKUP: which it is nobody knows', () => {
    const other = {
      ...INSTANCE,
      state: 2,
      vips: ['198.51.100.1', '198.51.100.2', '198.51.100.3/24 dev eth0', 'fd00::4'],
    };

    expect(reader()(dumpOf(other))).toEqual({
      signals: { keepalived: true, vip: false, bystander: false },
      troubles: [expect.stringContaining('it has 198.51.100.1, 198.51.100.2, 198.51.100.3 and 1 more: what')],
    });
    expect(reader(true)(dumpOf(other)).signals).toEqual({ keepalived: true, vip: true, bystander: false });
  });

  it('are those of the virtual_router_id of weir.yaml where two instances have the VIP', () => {
    const outside = { ...INSTANCE, name: 'OUT', routerId: 7, vips: ['192.168.81.229 dev eth1'], effectivePriority: 9 };
    const own = { ...INSTANCE, routerId: poolOf().vrrp.virtualRouterId };

    expect(reader()(dumpOf(outside, own)).signals.priority).toBe(250);
    expect(reader()(dumpOf(outside, { ...own, routerId: 8 })).signals.priority).toBe(9);
  });

  describe('where keepalived puts the VIP on another interface than it speaks VRRP on', () => {
    const on = (text: string, state = 2) => dumpOf({ ...INSTANCE, state, vips: [text] });

    it.each([
      ['use_vmac', '192.168.81.229/32 dev vrrp.51@eth0 scope global set', 'vrrp.51'],
      ['use_vmac of one address', '192.168.81.229/24 dev vrrp.51@bond0 use_vmac scope global', 'vrrp.51'],
      ['dev', '192.168.81.229 dev eth1 scope global set', 'eth1'],
      ['dev, with a broadcast address', '192.168.81.229/24 brd 192.168.81.255 dev eth1 scope global set', 'eth1'],
      ['a label and a peer', '192.168.81.229 dev ppp0 scope global label ppp0:x peer 10.0.0.1/32', 'ppp0'],
      ['a VLAN', '192.168.81.229/24 dev eth0.100@eth0 scope global set', 'eth0.100'],
    ])('(%s) look there', (_, text, device) => {
      expect(reader([device])(on(text)).signals).toMatchObject({ state: 'MASTER', vip: true });
      expect(reader(['eth0'])(on(text)).signals).toMatchObject({ state: 'MISMATCH', vip: false });
      expect(reader(['eth0'])(on(text, 1)).signals).toMatchObject({ state: 'BACKUP', vip: false });
      expect(reader([device])(on(text, 1)).signals).toMatchObject({ state: 'MISMATCH', vip: true });
    });

    it('are ORPHAN when it is killed, by the interface of its last dump', () => {
      const read = reader(['vrrp.51', 'lo']);
      read(on('192.168.81.229/32 dev vrrp.51@eth0 scope global set'));

      expect(read({ alive: false }).signals).toEqual({ state: 'ORPHAN', keepalived: false, vip: true });
      expect(read({ alive: true, hangs: true }).signals).toEqual({ state: 'HUNG', keepalived: true, vip: true });
    });

    it('are not ORPHAN by an address elsewhere than in its last dump', () => {
      const read = reader(['eth1']);
      read(on('192.168.81.229/32 dev vrrp.51@eth0 scope global', 1));

      expect(read({ alive: false }).signals).toEqual({ state: 'DOWN', keepalived: false, vip: false });
    });

    it('are ORPHAN too where it was killed before Weir started: any interface counts by which clients ask', () => {
      expect(reader(['vrrp.51'])({ alive: false }).signals.state).toBe('ORPHAN');
      expect(reader(['lo'])({ alive: false }).signals.state).toBe('DOWN');
    });

    it('look everywhere where its version does not say (2.0.10)', () => {
      expect(reader(['vrrp.51'])(on('192.168.81.229')).signals).toMatchObject({ state: 'MASTER', vip: true });
      expect(reader(['lo'])(on('192.168.81.229', 1)).signals).toMatchObject({ state: 'BACKUP', vip: false });
    });
  });

  it('say nothing of the state of a keepalived that has never written a dump', () => {
    expect(reader(true)({ alive: true, trouble: 'none' })).toEqual({
      signals: { keepalived: true, vip: true },
      troubles: ['none'],
    });
  });

  it('hand on what keepalived could not be asked', () => {
    const dump = { alive: false, trouble: 'keepalived is not running (/run/keepalived.pid).' };

    expect(reader(true)(dump)).toEqual({
      signals: { state: 'ORPHAN', keepalived: false, vip: true },
      troubles: [dump.trouble],
    });
  });

  it('have the rate of adverts from two polls on, and count anew after a restart (T29)', () => {
    const read = reader();
    const adverts = (advertsReceived: number) => read(dumpOf({ ...INSTANCE, advertsReceived })).signals;

    expect(adverts(100)).not.toHaveProperty('adverts_received_rate');
    expect(adverts(105)).toMatchObject({ adverts_received_rate: 5 });
    expect(adverts(1)).toMatchObject({ adverts_received_rate: 3 });
  });

  it('have the time since the last change, never a negative one where the clock was set back', () => {
    const since = (lastTransition: number) => reader()(dumpOf({ ...INSTANCE, lastTransition })).signals;

    expect(since(Date.now() / 1_000 - 60).last_transition_seconds).toBeCloseTo(60, -1);
    expect(since(Date.now() / 1_000 + 600).last_transition_seconds).toBe(0);
  });

  it('are in the catalogue', () => {
    const { signals } = reader()(dumpOf({ ...INSTANCE, lastTransition: 1 }));

    expect(Object.keys(signals).filter((name) => !(name in SIGNALS.director))).toEqual([]);
  });
});
