import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Evidence, parseDump, verdict } from '../../../src/observe/director/vrrp-dump.ts';

const PASSWORD = 's3cret42';

/** The fields of one instance, as keepalived 2.2.7 dumps them with SIGRTMIN+2. */
const DATA = {
  iname: 'VI_1',
  dont_track_primary: 0,
  vmac_ifname: '',
  ifp_ifname: 'eth0',
  master_priority: 0,
  last_transition: 1_795_590_484.14787,
  vrid: 51,
  base_priority: 150,
  effective_priority: 145,
  vipset: true,
  adver_int: 0.2,
  accept: 1,
  nopreempt: true,
  state: 2,
  wantstate: 2,
  version: 2,
  vips: ['192.168.81.229 dev eth0 scope global set'],
  auth_type: 1,
  auth_data: PASSWORD,
};
const STATS = {
  advert_rcvd: 12,
  advert_sent: 17,
  become_master: 1,
  release_master: 0,
  auth_failure: 3,
  pri_zero_sent: 0,
};

const INSTANCE = {
  name: 'VI_1',
  state: 2,
  interface: 'eth0',
  vips: ['192.168.81.229 dev eth0 scope global set'],
  effectivePriority: 145,
  nopreempt: true,
  advertsReceived: 12,
  lastTransition: 1_795_590_484.14787,
  routerId: 51,
  version: 2,
  basePriority: 150,
  masterPriority: 0,
  advertSeconds: 0.2,
  authenticated: true,
  refused: { auth_failure: 3 },
};

const V1 = JSON.stringify([{ data: DATA, stats: STATS }]);
const V2 = JSON.stringify({ vrrp: [{ data: DATA, stats: STATS }], track_process: [] });

describe('a dump', () => {
  it.each([
    ['version 1, an array', V1],
    ['version 2, an object', V2],
  ])('of %s is read', (_, text) => {
    expect(parseDump(text)).toEqual([INSTANCE]);
  });

  it('has every instance, also one without VIPs of its own', () => {
    const { vips: _, ...bare } = { ...DATA, iname: 'VI_2', evips: ['fd00::229/64 dev eth0 scope global'] };
    const text = JSON.stringify([{ data: DATA, stats: STATS }, { data: bare }]);

    const instances = parseDump(text);

    expect(instances?.map((one) => one.name)).toEqual(['VI_1', 'VI_2']);
    expect(instances?.[1]?.vips).toEqual(['fd00::229/64 dev eth0 scope global']);
    expect(instances?.[1]).not.toHaveProperty('advertsReceived');
  });

  it('of use_vmac has the interface where the adverts go, which is the one that weir.yaml names', () => {
    const vmac = { ...DATA, vmac_ifname: 'vrrp.51', ifp_ifname: 'vrrp.51' };
    const interfaceOf = (data: object) => parseDump(JSON.stringify([{ data }]))?.[0]?.interface;

    expect(interfaceOf({ ...vmac, vips: ['192.168.81.229 dev vrrp.51@eth0 scope global set'] })).toBe('eth0');
    expect(interfaceOf({ ...vmac, vips: ['192.168.81.229 dev eth0.7@eth0 scope global set'] })).toBe('vrrp.51');
    expect(interfaceOf({ ...DATA, vips: ['192.168.81.229 dev eth0.7@eth0 scope global set'] })).toBe('eth0');
  });

  it('never hands on the password, which 2.2.7 dumps in clear (T6)', () => {
    for (const text of [V1, V2]) {
      expect(text).toContain(PASSWORD);
      expect(JSON.stringify(parseDump(text))).not.toContain(PASSWORD);
    }
  });

  it('that was torn while it was written is none, wherever it was torn (T4)', () => {
    fc.assert(
      fc.property(fc.constantFrom(V1, V2), fc.nat(V1.length + 40), (text, length) => {
        fc.pre(length < text.length);

        expect(parseDump(text.slice(0, length))).toBeUndefined();
      }),
    );
  });

  it.each(['', ' ', 'null', '0', '"x"', '{}', '{"vrrp":{}}', '{"vrrp":null}'])('is not %j', (text) => {
    expect(parseDump(text)).toBeUndefined();
  });

  it('passes over what is no instance', () => {
    const text = JSON.stringify([null, 7, {}, { data: {} }, { data: { state: '2' } }, { data: DATA, stats: STATS }]);

    expect(parseDump(text)).toEqual([INSTANCE]);
  });

  it('leaves out a field of another type than it has', () => {
    const wrong = { effective_priority: '150', nopreempt: 1, last_transition: null, vips: ['a', 5], vrid: '51' };
    const data = { ...wrong, state: 2, iname: 'VI_1', ifp_ifname: 'eth0', version: [], adver_int: '1', auth_type: 0 };

    const [instance] = parseDump(JSON.stringify([{ data, stats: { advert_rcvd: 'x' } }])) ?? [];

    expect(instance).toEqual({
      ...{ name: 'VI_1', state: 2, interface: 'eth0', vips: ['a'] },
      ...{ authenticated: false, refused: {} },
    });
  });

  it('of any JSON is read without an error', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(() => parseDump(JSON.stringify([{ data: one, stats: other }, one]))).not.toThrow();
        expect(() => parseDump(JSON.stringify({ vrrp: one }))).not.toThrow();
      }),
    );
  });
});

describe('a director is', () => {
  it.each<[string, Evidence]>([
    ['MASTER', { alive: true, state: 2, vip: true }],
    ['BACKUP', { alive: true, state: 1, vip: false }],
    ['FAULT', { alive: true, state: 3, vip: false }],
    ['INIT', { alive: true, state: 0, vip: false }],
    ['INIT', { alive: true, state: 98, vip: false }],
    ['DOWN', { alive: false, vip: false }],
  ])('%s with %j', (state, evidence) => {
    expect(verdict(evidence)).toBe(state);
  });

  it('ORPHAN when the VIP outlived its keepalived: a VIP is no sign of life (T2)', () => {
    expect(verdict({ alive: false, vip: true })).toBe('ORPHAN');
    expect(verdict({ alive: false, state: 2, vip: true })).toBe('ORPHAN');
  });

  it('HUNG when a live one writes no dump any more, VIP or not (T36)', () => {
    expect(verdict({ alive: true, hangs: true, vip: true })).toBe('HUNG');
    expect(verdict({ alive: true, hangs: true, vip: false })).toBe('HUNG');
  });

  it('not known when a live one has written none yet, or its dump has another VIP', () => {
    expect(verdict({ alive: true, vip: true })).toBeUndefined();
    expect(verdict({ alive: true, vip: false })).toBeUndefined();
  });

  it('MISMATCH when state and VIP contradict each other', () => {
    expect(verdict({ alive: true, state: 2, vip: false })).toBe('MISMATCH');
    expect(verdict({ alive: true, state: 1, vip: true })).toBe('MISMATCH');
  });
});
