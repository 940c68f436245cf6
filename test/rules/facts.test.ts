import { describe, expect, it } from 'vitest';
import { buildFacts, scopeOf } from '../../src/rules/facts.ts';
import { HEALTHY, poolOf, SILENT, sweepOf, tableOf } from '../support/world.ts';

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
