import { describe, expect, it } from 'vitest';
import type { Signals } from '../../../src/model/readings/signals.ts';
import { buildFacts, scopeOf } from '../../../src/rules/state/facts.ts';
import { HEALTHY, poolOf, SILENT, sweepOf, tableOf } from '../../support/pool.ts';

const MASTER: Signals = { state: 'MASTER', keepalived: true, vip: true };
const BACKUP: Signals = { state: 'BACKUP', keepalived: true, vip: false };
const ORPHAN: Signals = { state: 'ORPHAN', keepalived: false, vip: true };

describe('the facts of a pool', () => {
  it('take a member from its own node, and the freshest other when that is silent; never mixed', () => {
    const own = sweepOf('b', 5, { members: { b: { ...HEALTHY, queue_depth: 1 } } });
    const other = sweepOf('a', 9, { members: { a: HEALTHY, b: { answering: true, writable: true, queue_depth: 2 } } });
    expect(buildFacts(poolOf(), [own, other]).members.b).toMatchObject({ queue_depth: 1, memory_ratio: 0.1 });
    const without = buildFacts(poolOf(), [other]);
    expect(without.members.b?.queue_depth).toBe(2);
    expect(without.members.b?.memory_ratio).toBeUndefined();
    expect(without.readBy).toEqual({ a: 'a', b: 'a' });
  });

  it('take a member that keeps its own node out from another that may look, and say that it does', () => {
    const kept: Signals = { answering: true, locked_out: 'password' };
    const own = sweepOf('b', 9, { members: { a: HEALTHY, b: kept } });
    const other = sweepOf('a', 5, { members: { a: HEALTHY, b: { ...HEALTHY, queue_depth: 2 } } });
    const facts = buildFacts(poolOf(), [own, other]);
    expect(facts.members.b).toMatchObject({ writable: true, serving: true, queue_depth: 2, locked_out: 'password' });
    expect(facts.readBy).toEqual({ a: 'a', b: 'a' });
    expect(facts.members.a).not.toHaveProperty('locked_out');

    // The same reading of a again: what is laid over it is not kept from before.
    const mended = sweepOf('b', 10);
    expect(buildFacts(poolOf(), [mended, other]).members.b).not.toHaveProperty('locked_out');
  });

  it('know nothing of a member that keeps everybody out: it counts as not read, and neither as serving nor as not', () => {
    const kept: Signals = { answering: true, locked_out: 'permission' };
    const sweeps = ['a', 'b'].map((name) => sweepOf(name, 5, { members: { a: HEALTHY, b: kept } }));
    const facts = buildFacts(poolOf(), sweeps);
    expect(facts.members.b).toMatchObject({ answering: true, listed: true, weight: 100, locked_out: 'permission' });
    for (const signal of ['writable', 'serving']) expect(facts.members.b).not.toHaveProperty(signal);
    expect(facts.readBy).toEqual({ a: 'a' });
    expect(facts.pool).toMatchObject({ known_members: 1, answering_members: 2, writable_members: 1 });
  });

  it("take a member's weight from the MASTER's table", () => {
    const sweeps = [
      sweepOf('a', 5, { table: tableOf({ a: 100, b: 0 }) }),
      sweepOf('b', 6, { table: tableOf({ a: 100, b: 70 }) }),
    ];
    const facts = buildFacts(poolOf(), sweeps);
    expect(facts.members.b).toMatchObject({ weight: 0, listed: true, serving: false });
    expect(facts.members.a).toMatchObject({ weight: 100, serving: true });
    expect(facts.pool).toMatchObject({ master: 'a', masters: 1, serving_members: 1 });
  });

  it('say of a member that is not in the table: not listed, weight 0', () => {
    const facts = buildFacts(poolOf(), [sweepOf('a', 5, { table: tableOf({ a: 100 }) })]);
    expect(facts.members.b).toMatchObject({ listed: false, weight: 0, serving: false });
  });

  it('know no weight while nobody is MASTER', () => {
    const facts = buildFacts(poolOf(), [sweepOf('b', 5)]);
    expect(facts.members.b?.weight).toBeUndefined();
    expect(facts.pool).toMatchObject({ master_fresh: false, master: '', masters: 0 });
    expect(facts.pool.serving_members).toBeUndefined();
  });

  it('count two holders of the VIP, also one whose keepalived is dead', () => {
    const orphan = sweepOf('b', 5, { director: { state: 'ORPHAN', keepalived: false, vip: true } });
    expect(buildFacts(poolOf(), [sweepOf('a', 5), orphan]).pool.masters).toBe(2);
  });

  it.each<[string, string | undefined, Record<string, Signals | undefined>]>([
    ['one MASTER, one BACKUP', 'OK', { a: MASTER, b: BACKUP }],
    ['two MASTERs', 'DUAL', { a: MASTER, b: MASTER }],
    ['a MASTER and a VIP that outlived its keepalived', 'DUAL', { a: MASTER, b: ORPHAN }],
    ['a MASTER and a hung keepalived with the VIP', 'DUAL', { a: MASTER, b: { state: 'HUNG', vip: true } }],
    ['a MASTER and a hung keepalived without it', 'OK', { a: MASTER, b: { state: 'HUNG', vip: false } }],
    ['a MASTER and one that disagrees with its VIP', 'DUAL', { a: MASTER, b: { state: 'MISMATCH', vip: true } }],
    ['a VIP that outlived its keepalived, alone', 'OK', { a: ORPHAN, b: BACKUP }],
    ['a MASTER beside a node that is silent', 'OK', { a: MASTER, b: undefined }],
    ['two BACKUPs', 'NO_MASTER', { a: BACKUP, b: BACKUP }],
    ['one dead, one in FAULT', 'NO_MASTER', { a: { state: 'DOWN', vip: false }, b: { state: 'FAULT', vip: false } }],
    ['a MASTER without the VIP', 'NO_MASTER', { a: { state: 'MISMATCH', vip: false }, b: BACKUP }],
    ['a BACKUP beside a node that is silent', undefined, { a: undefined, b: BACKUP }],
    ['a BACKUP beside a node whose VRRP side was not read', undefined, { a: {}, b: BACKUP }],
    ['nobody', undefined, { a: undefined, b: undefined }],
  ])('say of %s: %s', (_, vrrp, directors) => {
    const sweeps = Object.entries(directors).flatMap(([name, director]) =>
      director === undefined ? [] : [sweepOf(name, 5, { director })],
    );
    expect(buildFacts(poolOf(), sweeps).pool.vrrp).toBe(vrrp);
  });

  it('count a third node: two with the VIP are DUAL, none of two when the third is silent is not known', () => {
    const three = poolOf(['a', 'b', 'c']);
    const backup = sweepOf('b', 5);
    expect(buildFacts(three, [sweepOf('a', 5), backup, sweepOf('c', 5, { director: ORPHAN })]).pool.vrrp).toBe('DUAL');
    expect(buildFacts(three, [backup, sweepOf('c', 5)]).pool.vrrp).toBeUndefined();
    expect(buildFacts(three, [backup, sweepOf('c', 5), sweepOf('a', 5, { director: BACKUP })]).pool.vrrp).toBe(
      'NO_MASTER',
    );
  });

  it('sum over the members that are known', () => {
    const members = { a: { ...HEALTHY, refused_writes: 3, seconds_to_full: 60 }, b: SILENT };
    const { pool } = buildFacts(poolOf(), [sweepOf('a', 5, { members })]);
    expect(pool).toMatchObject({
      refused_writes: 3,
      inflow_rate: 1_000,
      seconds_to_full: 60,
      answering_members: 1,
      writable_members: 1,
    });
  });

  it('say that no write was refused only where all that answer count them', () => {
    const { refused_writes: _, ...uncounted } = HEALTHY;
    const refusedOf = (a: Signals, b: Signals) =>
      buildFacts(poolOf(), [sweepOf('a', 5, { members: { a, b } })]).pool.refused_writes;

    expect(refusedOf(HEALTHY, HEALTHY)).toBe(0);
    expect(refusedOf(HEALTHY, SILENT)).toBe(0);
    expect(refusedOf(HEALTHY, uncounted)).toBeUndefined();
    expect(refusedOf(uncounted, uncounted)).toBeUndefined();
    expect(refusedOf({ ...HEALTHY, refused_writes: 3 }, uncounted)).toBe(3);
  });

  it('leave out what nobody has read, so that it is unknown', () => {
    const facts = buildFacts(poolOf(), []);
    expect(facts.pool.inflow_rate).toBeUndefined();
    expect(facts.members).toEqual({ a: {}, b: {} });
  });

  it('give a rule its target and the others', () => {
    const facts = buildFacts(poolOf(['a', 'b', 'c']), [
      sweepOf('a', 5, { members: { a: HEALTHY, b: SILENT, c: HEALTHY } }),
    ]);
    const scope = scopeOf('member', 'b', facts);
    expect(scope.member?.writable).toBe(false);
    expect(scope.peers?.map((peer) => peer.writable)).toEqual([true, true]);
  });
});

describe('what is off intent in a table', () => {
  const lease = { id: '1-1.x.b', member: 'b', weight: 0, base: 100, owner: 'rule:x', until: 9, contested: false };
  const offOn = (parts: Parameters<typeof sweepOf>[2]) =>
    buildFacts(poolOf(), [sweepOf('a', 5, { director: { state: 'MASTER', vip: true, lvs: true }, ...parts })]).directors
      .a?.off_intent;

  it.each([
    ['nothing', {}, ''],
    ['a weight that nobody asked for', { table: tableOf({ a: 100, b: 7 }) }, 'b'],
    ['a member that is missing', { table: tableOf({ b: 100 }) }, 'a'],
    ['both', { table: tableOf({ b: 0 }) }, 'a, b'],
    ['no lease where one asks for another weight', { leases: [lease] }, 'b'],
    ['not what a lease asks for', { table: tableOf({ a: 100, b: 0 }), leases: [lease] }, ''],
    [
      'not the base that a lease found',
      { table: tableOf({ a: 100, b: 5 }), leases: [{ ...lease, weight: 9, base: 5 }] },
      '',
    ],
    [
      'not what takes no writes',
      { table: tableOf({ a: 100 }), members: { a: HEALTHY, b: { ...HEALTHY, writable: false } } },
      '',
    ],
    ['not known without a table', { director: { state: 'BACKUP', vip: false, lvs: false } }, undefined],
  ])('%s', (_, parts, expected) => {
    expect(offOn(parts)).toBe(expected);
  });
});
