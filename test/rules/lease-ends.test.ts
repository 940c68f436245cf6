import { expect, it } from 'vitest';
import type { Outcome } from '../../src/model/decisions/outcome.ts';
import type { Signals } from '../../src/model/readings/signals.ts';
import { HEALTHY, SILENT, sweepOf, tableOf } from '../support/pool.ts';
import { START, unwritable, type World, world } from '../support/world.ts';

/** b is at weight 0 and the decision has been seen through; a is MASTER. */
interface Held {
  readonly w: World;
  readonly id: string;
}

function drained(w: World, atMs: number, id: string, b: Signals): Held {
  w.outcome(atMs + 200, id, 'a');
  w.outcome(atMs + 300, id, 'b');
  w.sweeps(atMs + 1_000, { table: tableOf({ a: 100, b: 0 }), members: { a: HEALTHY, b } });
  expect(w.decisions.get(id)?.state).toBe('verified');
  expect(Object.keys(w.state.leases)).toEqual([id]);
  return { w, id };
}

function byPerson(): Held {
  const w = world([]);
  w.sweeps(0);
  const request = {
    action: 'drain',
    target: 'b',
    by: 'ann@x',
    reason: 'disks',
    leaseMs: 7_200_000,
    force: false,
  } as const;
  const [decision] = w.fold(1_000, { kind: 'request', pool: 'logs', ...request }).records;
  return drained(w, 1_000, decision?.id ?? '', HEALTHY);
}

function byRule(): Held {
  const w = world([unwritable()]);
  for (const atMs of [0, 1_000]) w.sweeps(atMs, { members: { a: HEALTHY, b: SILENT } });
  return drained(w, 1_000, [...w.decisions.keys()][0] ?? '', SILENT);
}

function look(w: World, atMs: number, states: Readonly<Record<string, string>>, b: Signals): void {
  for (const [node, state] of Object.entries(states)) {
    const director = { state, keepalived: true, vip: state === 'MASTER' };
    const members = { a: HEALTHY, b };
    w.fold(atMs, sweepOf(node, START + atMs, { table: tableOf({ a: 100, b: 0 }), director, members }));
  }
}

const A_MASTER = { a: 'MASTER', b: 'BACKUP' };
const word = (result: Outcome['result'], saidMs = 59_500) => ({
  result,
  at: START + saidMs,
  detail: 'said by the node',
});
const jobsOf = (w: World) => w.results.at(-1)?.jobs.map(({ node, decision }) => `${node} ${decision.split('~')[1]}`);

it.each(['released', 'overridden'] as const)('%s by a BACKUP is news, and the MASTER goes on to hold', (result) => {
  const { w, id } = byPerson();
  look(w, 59_000, A_MASTER, HEALTHY);
  const { events } = w.outcome(60_000, id, 'b', word(result));
  expect(events).toMatchObject([{ type: 'lease', outcome: { result, node: 'b' } }]);
  expect(w.decisions.get(id)?.history).toMatchObject([{ node: 'b', result }]);
  expect(Object.keys(w.state.leases)).toEqual([id]);
  expect(jobsOf(w)).toEqual([]);
});

it.each(['released', 'overridden', 'ended'] as const)('%s by the MASTER is an end for the pool', (result) => {
  const { w, id } = byPerson();
  look(w, 59_000, A_MASTER, HEALTHY);
  w.outcome(60_000, id, 'a', word(result));
  expect(w.state.leases).toEqual({});
  expect(jobsOf(w)).toEqual(['a end', 'b end']);
});

it.each(['released', 'overridden', 'ended'] as const)(
  '%s by a node, and then the answer to the job that ends the lease for the pool, is one end',
  (result) => {
    const { w, id } = byPerson();
    look(w, 59_000, A_MASTER, HEALTHY);
    w.outcome(60_000, id, 'a', word(result));
    expect(w.outcome(60_100, id, 'a', word('ended', 60_050)).events).toEqual([]);
    expect(w.outcome(60_200, id, 'b', word('ended', 60_150)).events).toMatchObject([{ type: 'lease' }]);
    expect(w.decisions.get(id)?.history).toMatchObject([
      { node: 'a', result },
      { node: 'b', result: 'ended' },
    ]);
  },
);

it('a BACKUP says its end again, which is no news twice, and counts once it is MASTER', () => {
  const { w, id } = byPerson();
  look(w, 59_000, A_MASTER, HEALTHY);
  w.outcome(60_000, id, 'b', word('released'));
  expect(w.outcome(90_000, id, 'b', word('released')).events).toEqual([]);

  look(w, 119_000, { a: 'BACKUP', b: 'MASTER' }, HEALTHY);
  expect(w.outcome(120_000, id, 'b', word('released')).events.map(({ type }) => type)).not.toContain('lease');
  expect(w.state.leases).toEqual({});
  expect(w.decisions.get(id)?.history).toHaveLength(1);
});

it('while nobody knows who is MASTER no node ends it for the others; its word counts when it comes again', () => {
  const { w, id } = byPerson();
  w.outcome(60_000, id, 'a', word('released'));
  expect(Object.keys(w.state.leases)).toEqual([id]);
  look(w, 89_000, A_MASTER, HEALTHY);
  w.outcome(90_000, id, 'a', word('released'));
  expect(w.state.leases).toEqual({});
});

it("a person's word on a BACKUP (restore --local) ends a person's lease for the pool", () => {
  const { w, id } = byPerson();
  look(w, 59_000, A_MASTER, HEALTHY);
  w.outcome(60_000, id, 'b', word('ended'));
  expect(w.state.leases).toEqual({});
  expect(jobsOf(w)).toEqual(['a end', 'b end']);
});

it('a BACKUP that did not hear that a rule goes on ends its own part by its time, and nothing for the MASTER', () => {
  const { w, id } = byRule();
  for (let atMs = 5_000; atMs <= 2_000_000; atMs += 1_000) look(w, atMs, { a: 'MASTER' }, SILENT);
  expect(w.state.leases[id]?.until).toBeGreaterThan(START + 2_400_000);

  look(w, 2_001_000, A_MASTER, SILENT);
  w.outcome(2_001_500, id, 'b', word('ended', 1_803_000));

  expect(Object.keys(w.state.leases)).toEqual([id]);
});

it('a restore ends what was there when it was asked for: a drain that somebody has asked for since stays', () => {
  const { w, id } = byPerson();
  const ask = (atMs: number, action: 'restore' | 'drain', by: string) => {
    const request = { kind: 'request', pool: 'logs', action, target: 'b', by, force: false } as const;
    return w.fold(atMs, request).records[0]?.id ?? '';
  };
  w.sweeps(9_500, { table: tableOf({ a: 100, b: 0 }) });
  const restore = ask(10_000, 'restore', 'ann@x');
  for (const node of ['a', 'b']) w.outcome(10_200, restore, node);
  const drain = ask(10_300, 'drain', 'bob@x');
  expect(w.decisions.get(drain)?.verdict).toBe('act');
  // The BACKUP was faster: the MASTER's sweep is from before it had its job.
  w.outcome(10_400, drain, 'b');
  w.fold(10_500, sweepOf('a', START + 10_250, { table: tableOf({ a: 100, b: 100 }) }));
  expect(w.decisions.get(restore)?.state).toBe('verified');
  expect(w.state.leases[id]).toBeUndefined();
  expect(w.state.leases[drain]?.owner).toBe('person:bob@x');
});

it('a restore is seen to be done also where the MASTER holds by then what somebody has asked for since', () => {
  const { w } = byPerson();
  w.sweeps(9_500, { table: tableOf({ a: 100, b: 0 }) });
  const request = { kind: 'request', pool: 'logs', target: 'b', force: false } as const;
  const restore = w.fold(10_000, { ...request, action: 'restore', by: 'ann@x' }).records[0]?.id ?? '';
  for (const node of ['a', 'b']) w.outcome(10_200, restore, node);
  const drain = w.fold(10_300, { ...request, action: 'drain', by: 'bob@x' }).records[0]?.id ?? '';
  for (const node of ['a', 'b']) w.outcome(10_400, drain, node);
  const lease = {
    id: drain,
    member: 'b',
    weight: 0,
    base: 100,
    owner: 'person:bob@x',
    until: START + 99_000,
    contested: false,
  };
  w.sweeps(11_000, { table: tableOf({ a: 100, b: 0 }), leases: [lease] });
  expect([restore, drain].map((one) => w.decisions.get(one)?.state)).toEqual(['verified', 'verified']);
  expect(Object.keys(w.state.leases)).toEqual([drain]);
});
