import { describe, expect, it } from 'vitest';
import type { ActionJob } from '../../src/model/decisions/action.ts';
import type { Decision } from '../../src/model/decisions/decision.ts';
import type { Request } from '../../src/model/entries/requests.ts';
import type { Signals } from '../../src/model/readings/signals.ts';
import { FROZEN, HEALTHY, POLICY, SILENT, sweepOf, tableOf } from '../support/pool.ts';
import { expression, ruleSet, START, unwritable, type World, world } from '../support/world.ts';

function jobs(w: World): ActionJob[] {
  return w.results.flatMap((result) => result.jobs);
}

function decisions(w: World): Decision[] {
  return [...w.decisions.values()];
}

/** b freezes at once; both nodes see it. */
function drainB(w: World): Decision {
  w.sweeps(0);
  w.sweeps(1_000, FROZEN);
  w.sweeps(2_100, FROZEN);
  const decision = decisions(w).find((one) => one.verdict === 'act');
  if (decision === undefined) throw new Error(`no action: ${JSON.stringify(decisions(w))}`);
  return decision;
}

describe('a member that cannot be written', () => {
  it('is drained on every director once it has lasted and two observers see it', () => {
    const w = world([unwritable()]);
    const decision = drainB(w);
    expect(decision).toMatchObject({ action: 'drain', target: 'b', nodes: ['a', 'b'], state: 'open' });
    expect(jobs(w).map((job) => [job.node, job.action, job.lease?.weight, job.unwritable])).toEqual([
      ['a', 'drain', 0, true],
      ['b', 'drain', 0, true],
    ]);
  });

  it('is verified only by a sweep of the MASTER that began after its outcome', () => {
    const w = world([unwritable()]);
    const { id } = drainB(w);
    w.outcome(2_300, id, 'a');
    w.fold(2_400, sweepOf('a', START + 2_200, { ...FROZEN, table: tableOf({ a: 100, b: 0 }) }));
    expect(w.decisions.get(id)?.state).toBe('open');
    w.sweeps(3_000, { ...FROZEN, table: tableOf({ a: 100, b: 0 }) });
    expect(w.decisions.get(id)).toMatchObject({ state: 'verified' });
    expect(w.state.leases[id]).toMatchObject({ member: 'b', weight: 0, rule: 'member-unwritable' });
  });

  it("is verified also when the MASTER's word comes while no fresh sweep says that it is MASTER", () => {
    const w = world([unwritable()]);
    const { id } = drainB(w);
    w.outcome(6_000, id, 'a');
    expect(w.state.open[id]).toBeDefined();
    w.sweeps(7_000, { ...FROZEN, table: tableOf({ a: 100, b: 0 }) });
    expect(w.decisions.get(id)).toMatchObject({ state: 'verified' });
  });

  it('is reverted when no sweep shows the drain in time', () => {
    const w = world([unwritable()]);
    const { id } = drainB(w);
    w.outcome(2_300, id, 'a');
    for (const at of [3_000, 4_000, 5_000, 6_000, 7_000, 8_000]) w.sweeps(at, FROZEN);
    expect(w.decisions.get(id)).toMatchObject({ state: 'unverified' });
    expect(
      jobs(w)
        .filter((job) => job.action === 'restore')
        .map((job) => job.leaseIds),
    ).toEqual([[id], [id]]);
    expect(decisions(w).filter((one) => one.verdict === 'act')).toHaveLength(1);
  });

  it('whose MASTER refused before the BACKUP said that it did it: given back there, and no director should hold it', () => {
    const w = world([unwritable()]);
    const { id } = drainB(w);
    w.outcome(2_300, id, 'a', { result: 'refused', detail: 'pre-flight' });
    expect(w.decisions.get(id)).toMatchObject({ state: 'failed' });
    const late = w.outcome(2_350, id, 'b');
    expect(late.jobs).toMatchObject([{ node: 'b', decision: `${id}~end`, action: 'restore', leaseIds: [id] }]);
    const lease = { id, member: 'b', weight: 0, base: 100, owner: 'rule:unwritable', until: START + 90_000 };
    w.fold(2_400, sweepOf('b', START + 2_390, { leases: [{ ...lease, contested: false }] }));
    expect(w.state.leases).toEqual({});
    expect(w.results.flatMap((result) => result.desired).map(({ endedAt }) => endedAt)).toEqual([START + 2_300]);
  });

  it('is desired before it is closed only as long as its job lives', () => {
    const w = world([unwritable()]);
    const { id } = drainB(w);
    expect(w.outcome(2_300, id, 'b').desired).toMatchObject([{ id, jobExpiresAt: expect.any(Number) }]);
    w.outcome(2_350, id, 'a');
    w.sweeps(3_000, { ...FROZEN, table: tableOf({ a: 100, b: 0 }) });
    expect(w.decisions.get(id)).toMatchObject({ state: 'verified' });
    const [last] = w.results.flatMap((result) => result.desired).slice(-1);
    expect(last).toMatchObject({ id });
    expect(last).not.toHaveProperty('jobExpiresAt');
  });

  it('counts the same word of a node once, before and after it is closed', () => {
    const w = world([unwritable()]);
    const { id } = drainB(w);
    for (const at of [2_300, 2_400]) w.outcome(at, id, 'a', { at: START + 2_250 });
    w.sweeps(3_000, { ...FROZEN, table: tableOf({ a: 100, b: 0 }) });
    w.outcome(3_100, id, 'a', { at: START + 2_250 });
    expect(w.decisions.get(id)).toMatchObject({ state: 'verified', outcomes: [{ node: 'a', result: 'applied' }] });
  });

  it('gets its weight back, once, when it can be written again', () => {
    const w = world([unwritable()]);
    const { id } = drainB(w);
    w.outcome(2_300, id, 'a');
    w.sweeps(3_000, { ...FROZEN, table: tableOf({ a: 100, b: 0 }) });
    w.sweeps(4_000, { table: tableOf({ a: 100, b: 0 }) });
    w.sweeps(5_000, { table: tableOf({ a: 100, b: 0 }) });
    expect(
      jobs(w)
        .filter((job) => job.action === 'restore')
        .map((job) => [job.node, job.decision]),
    ).toEqual([
      ['a', `${id}~end`],
      ['b', `${id}~end`],
    ]);
    expect(w.state.leases).toEqual({});
    expect(w.results.flatMap((result) => result.desired).at(-1)).toMatchObject({ id, endedAt: START + 4_000 });
  });

  it('is told once that a node keeps its lease, however often that node is asked to end it', () => {
    const w = world([unwritable()]);
    const { id } = drainB(w);
    w.outcome(2_300, id, 'a');
    const kept = { result: 'kept', detail: 'b is not seen writable', at: START + 9_000 } as const;
    const told = [20_000, 26_000, 32_000].map((at) => w.outcome(at, `${id}~end-${at}`, 'a', kept).events.length);
    expect(told).toEqual([1, 0, 0]);
    expect(w.decisions.get(id)?.history).toHaveLength(1);
  });

  it('keeps its lease renewed while it fires', () => {
    const w = world([unwritable({ steps: [{ action: 'drain', leaseMs: 9_000 }] })]);
    const { id } = drainB(w);
    w.outcome(2_300, id, 'a');
    const until = w.state.leases[id]?.until ?? 0;
    for (let at = 3_000; at < 8_000; at += 1_000) w.sweeps(at, { ...FROZEN, table: tableOf({ a: 100, b: 0 }) });
    expect(w.state.leases[id]?.until).toBeGreaterThan(until);
  });
});

describe('what must not be acted on', () => {
  it('is one observer alone', () => {
    const w = world([unwritable()]);
    w.sweeps(0);
    for (const at of [1_000, 2_000, 3_000, 4_000]) {
      w.fold(at, sweepOf('a', START + at));
      w.fold(at, sweepOf('b', START + at, FROZEN));
    }
    expect(jobs(w)).toEqual([]);
    expect(decisions(w)).toMatchObject([{ verdict: 'refuse', target: 'b' }]);
    expect(decisions(w)[0]?.rails.at(-1)).toMatchObject({ rail: 'evidence', pass: false });
  });

  it('is anything while no fresh node is MASTER', () => {
    const w = world([unwritable()]);
    w.sweeps(0);
    for (const at of [1_000, 2_500, 4_000, 6_000]) w.fold(at, sweepOf('b', START + at, FROZEN));
    expect(jobs(w)).toEqual([]);
    expect(decisions(w).map((one) => one.rails.at(-1)?.rail)).toContain('fresh');
  });

  it('is a pool that has not settled', () => {
    const w = world([unwritable()], {}, false);
    w.sweeps(0, FROZEN);
    w.sweeps(1_500, FROZEN);
    expect(jobs(w)).toEqual([]);
    expect(decisions(w)[0]?.rails.at(-1)?.rail).toBe('settled');
    w.sweeps(5_100, FROZEN);
    expect(jobs(w)).toHaveLength(2);
  });

  it('is a common cause: most members in trouble', () => {
    const w = world([unwritable()]);
    w.sweeps(0);
    const both = { members: { a: { ...HEALTHY, filling: true }, b: { ...HEALTHY, writable: false, full: true } } };
    w.sweeps(1_000, both);
    w.sweeps(2_500, both);
    expect(jobs(w)).toEqual([]);
    expect(decisions(w)[0]?.rails.at(-1)?.rail).toBe('common cause');
  });

  it('is the last serving member', () => {
    const w = world([unwritable()]);
    w.sweeps(0);
    const parts = { ...FROZEN, table: tableOf({ a: 0, b: 100 }) };
    w.sweeps(1_000, parts);
    w.sweeps(2_500, parts);
    expect(decisions(w)[0]?.rails.at(-1)).toMatchObject({ rail: 'blast radius', pass: false });
  });

  it('is a rule whose mode is not auto: shadow says what it would have done', () => {
    const { mode: _, ...shadow } = unwritable();
    const w = world([shadow]);
    w.sweeps(0);
    w.sweeps(1_000, FROZEN);
    w.sweeps(2_500, FROZEN);
    w.sweeps(3_500, FROZEN);
    expect(jobs(w)).toEqual([]);
    expect(decisions(w).map((one) => one.verdict)).toEqual(['shadow']);
  });

  it('is a broker that may evict what was decided', () => {
    const w = world([unwritable()], { brokerTrouble: 'The broker may evict keys.' });
    w.sweeps(0, FROZEN);
    w.sweeps(1_500, FROZEN);
    expect(decisions(w)[0]?.rails.at(-1)).toMatchObject({ rail: 'settled', sentence: 'The broker may evict keys.' });
  });

  it('is an old sweep: it is history', () => {
    const w = world([unwritable()]);
    w.sweeps(0);
    w.fold(10_000, sweepOf('a', START + 1_000, FROZEN));
    expect(Object.values(w.state.findings).map((one) => one.phase)).toEqual(['inactive', 'inactive']);
    expect(w.state.sweeps.a?.at).toBe(START);
  });

  it('is what a firing rule brakes', () => {
    const brake = unwritable({
      name: 'stalled',
      forEach: 'pool',
      when: expression(() => true),
      forMs: 0,
      brakes: ['drain'],
      steps: [],
    });
    const w = world([unwritable(), brake]);
    w.sweeps(0);
    w.sweeps(1_000, FROZEN);
    w.sweeps(2_500, FROZEN);
    expect(decisions(w)[0]?.rails.at(-1)).toMatchObject({ rail: 'common cause', pass: false });
    expect(decisions(w)[0]?.rails.at(-1)?.sentence).toContain('stalled');
  });
});

describe('a refusal', () => {
  it('is recorded once until the rails answer differently', () => {
    const w = world([unwritable()]);
    w.sweeps(0);
    const last = { ...FROZEN, table: tableOf({ a: 0, b: 100 }) };
    for (const at of [1_000, 2_500, 3_500, 4_500]) w.sweeps(at, last);
    expect(decisions(w)).toHaveLength(1);
    w.sweeps(5_500, FROZEN);
    expect(decisions(w).map((one) => one.verdict)).toEqual(['refuse', 'act']);
  });

  it('is not asked for anew while nobody knows whether what fires still does', () => {
    const w = world([unwritable()]);
    w.sweeps(0);
    const last = { ...FROZEN, table: tableOf({ a: 0, b: 100 }) };
    for (const at of [1_000, 2_500]) w.sweeps(at, last);
    // Nobody is heard.
    for (const at of [6_500, 7_500]) w.fold(at, { kind: 'tick', pool: 'logs' });
    expect(w.state.findings['member-unwritable/b']).toMatchObject({ phase: 'firing' });
    expect(decisions(w).map((one) => one.rails.at(-1)?.rail)).toEqual(['blast radius']);
    w.sweeps(8_500, FROZEN);
    expect(decisions(w).at(-1)?.verdict).toBe('act');
  });
});

describe('a request', () => {
  const request: Request = {
    kind: 'request',
    pool: 'logs',
    action: 'drain',
    target: 'b',
    by: 'root',
    force: false,
    reason: 'patching',
  };

  it('acts at once, without evidence and before the pool has settled', () => {
    const w = world([], {}, false);
    w.sweeps(0);
    const { jobs: made } = w.fold(100, request);
    expect(made.map((job) => [job.node, job.unconditional])).toEqual([
      ['a', true],
      ['b', true],
    ]);
  });

  it('is refused when nobody would serve, and force passes that but not an unknown member', () => {
    const w = world([]);
    w.sweeps(0, { table: tableOf({ a: 0, b: 100 }) });
    expect(w.fold(100, request).records[0]?.rails.at(-1)?.rail).toBe('blast radius');
    expect(w.fold(200, { ...request, force: true }).jobs).toHaveLength(2);
    const unknown = w.fold(300, { ...request, target: 'z', force: true });
    expect(unknown.jobs).toEqual([]);
    expect(unknown.records[0]?.rails.at(-1)?.sentence).toContain('no member z');
  });

  it('to restore ends the leases of the member, and the rule does not take it again in this episode', () => {
    const w = world([unwritable()]);
    const { id } = drainB(w);
    w.outcome(2_300, id, 'a');
    const drained = { ...FROZEN, table: tableOf({ a: 100, b: 0 }) };
    w.sweeps(3_000, drained);
    const restore = w.fold(3_100, { ...request, action: 'restore' }).records[0] as Decision;
    w.outcome(3_200, restore.id, 'a');
    w.sweeps(4_000, FROZEN);
    w.sweeps(5_000, FROZEN);
    expect(w.decisions.get(restore.id)?.state).toBe('verified');
    expect(w.state.leases).toEqual({});
    expect(decisions(w).filter((one) => one.action === 'drain')).toHaveLength(1);
  });

  it('is held up by mode off', () => {
    const w = world([], { policy: { ...POLICY, mode: 'off' } });
    w.sweeps(0);
    expect(w.fold(100, request).records[0]?.rails.at(-1)?.rail).toBe('mode');
  });
});

describe('a drill', () => {
  const drill = (w: World, parts: Partial<Request> = {}) =>
    w.fold(2_000, {
      ...{ kind: 'request', pool: 'logs', action: 'drain', target: 'b', by: 'ops', reason: 'a drill', force: false },
      drill: { rule: 'member-unwritable' },
      ...parts,
    });

  it('goes to every node whatever the rails say, holds nothing, and is over when all have answered', () => {
    const w = world([unwritable()]);
    w.sweeps(0);
    w.sweeps(1_000);
    drill(w);
    const [decision] = decisions(w);
    expect(decision).toMatchObject({
      rule: 'member-unwritable',
      drill: { verdict: 'refuse' },
      verdict: 'act',
      state: 'open',
    });
    expect(decision?.rails.at(-1)).toMatchObject({ rail: 'evidence', pass: false });
    expect(jobs(w)).toMatchObject([
      { node: 'a', expiresAt: 0, drill: { until: START + 12_000 } },
      { node: 'b', expiresAt: 0 },
    ]);
    w.outcome(2_100, decision?.id ?? '', 'a');
    expect(decisions(w)).toMatchObject([{ state: 'open' }]);
    w.outcome(2_200, decision?.id ?? '', 'b');
    expect(decisions(w)).toMatchObject([{ state: 'verified' }]);
    expect(w.state).toMatchObject({ leases: {}, open: {} });
    expect(jobs(w)).toHaveLength(2);
  });

  it('holds up no action in earnest', () => {
    const w = world([unwritable()]);
    w.sweeps(0, FROZEN);
    drill(w, { target: 'a' });
    w.sweeps(2_100, FROZEN);
    expect(decisions(w).map(({ target, verdict, drill: isDrill }) => [target, verdict, isDrill])).toEqual([
      ['a', 'act', { verdict: 'refuse' }],
      ['b', 'act', undefined],
    ]);
  });

  it('tells which node would not, or says nothing', () => {
    const w = world([unwritable()]);
    w.sweeps(0);
    drill(w);
    const id = decisions(w)[0]?.id ?? '';
    w.outcome(2_100, id, 'a', { result: 'refused', detail: 'Drill: pre-flight: no.' });
    w.sweeps(60_000);
    expect(decisions(w)).toMatchObject([{ state: 'failed', closing: 'a: Drill: pre-flight: no.' }]);
  });

  it('of a rule that is not there is nothing', () => {
    const w = world([unwritable()]);
    w.sweeps(0);
    drill(w, { drill: { rule: 'nonsense' } });
    expect(decisions(w)).toEqual([]);
  });
});

describe('after the broker has lost its memory', () => {
  it('a lease found on a node is adopted, and ended when nothing asks for it once the pool has settled', () => {
    const w = world([unwritable()], {}, false);
    const lease = {
      id: '900-0.member-unwritable.b',
      member: 'b',
      weight: 0,
      base: 100,
      owner: 'rule:member-unwritable',
      until: START + 60_000,
      contested: false,
    };
    const parts = { table: tableOf({ a: 100, b: 0 }), leases: [lease] };
    w.sweeps(0, parts);
    expect(Object.keys(w.state.leases)).toEqual([lease.id]);
    expect(jobs(w)).toEqual([]);
    w.sweeps(4_500, parts);
    w.sweeps(5_500, parts);
    expect(jobs(w).map((job) => job.decision)).toEqual([`${lease.id}~end`, `${lease.id}~end`]);
  });
});

describe('new rules', () => {
  it('start the settle time anew and take findings of rules that are gone with them', () => {
    const w = world([unwritable()]);
    w.sweeps(0, FROZEN);
    const other = world([], { ruleSet: ruleSet([], 'h2') });
    other.state = w.state;
    other.sweeps(500, FROZEN);
    expect(other.state).toMatchObject({ findings: {}, ruleSetHash: 'h2', settlesAt: START + 500 + POLICY.settleMs });
  });

  it('leave the timers of a rule that is as it was', () => {
    const w = world([unwritable({ forMs: 10_000 })]);
    w.sweeps(0, FROZEN);
    const more = [unwritable({ forMs: 10_000 }), unwritable({ name: 'more', hash: 'r2' })];
    const next = world(more, { ruleSet: ruleSet(more, 'h2') });
    next.state = w.state;
    next.sweeps(500, FROZEN);
    expect(next.state.findings['member-unwritable/b']).toMatchObject({ phase: 'pending', since: START });
  });

  it('end the pending of a rule that was edited; what fires of it stays, and begins its ladder anew', () => {
    const edited = [unwritable({ hash: 'r2', forMs: 10_000 })];
    const pending = world([unwritable({ forMs: 10_000 })]);
    pending.sweeps(0, FROZEN);
    const next = world(edited, { ruleSet: ruleSet(edited, 'h2') });
    next.state = pending.state;
    next.sweeps(500, FROZEN);
    expect(next.state.findings['member-unwritable/b']).toMatchObject({ phase: 'pending', since: START + 500 });

    const firing = world([unwritable({ steps: [] })]);
    firing.sweeps(0, FROZEN);
    firing.sweeps(1_500, FROZEN);
    const { episode } = firing.state.findings['member-unwritable/b'] ?? {};
    next.state = firing.state;
    next.sweeps(2_000, FROZEN);
    expect(next.state.findings['member-unwritable/b']).toMatchObject({ phase: 'firing', episode, nextStep: 0 });
  });
});

it('a replay gives the same bytes', () => {
  const run = () => {
    const w = world([unwritable()]);
    const { id } = drainB(w);
    w.outcome(2_300, id, 'a');
    w.sweeps(3_000, { ...FROZEN, table: tableOf({ a: 100, b: 0 }) });
    w.sweeps(9_000);
    return JSON.stringify(w.results);
  };
  expect(run()).toBe(run());
});

describe('a failover', () => {
  const VRRP = { keepalived: true, nopreempt: true, handover: 0, adverts_received_rate: 5 };
  const MASTER: Signals = { ...VRRP, state: 'MASTER', vip: true, priority: 254 };
  const BACKUP: Signals = { ...VRRP, state: 'BACKUP', vip: false, priority: 250 };

  function both(w: World, atMs: number, a: Signals, b: Signals) {
    w.fold(atMs, sweepOf('a', START + atMs, { director: a }));
    w.fold(atMs, sweepOf('b', START + atMs, { director: b }));
  }

  function ask(w: World, atMs: number, changes: Partial<Request> = {}): Decision {
    const request = {
      kind: 'request',
      pool: 'logs',
      action: 'failover',
      target: 'a',
      by: 'ann',
      force: false,
    } as const;
    const { records } = w.fold(atMs, { ...request, ...changes });
    return records[0] as Decision;
  }

  it("is the MASTER's own job, and verified by the sweeps of both nodes", () => {
    const w = world([]);
    both(w, 0, MASTER, BACKUP);
    const { id } = ask(w, 100);
    expect(jobs(w)).toMatchObject([
      {
        node: 'a',
        action: 'failover',
        member: 'a',
        handover: { to: 'b', way: 'hard', value: -254, owner: 'person:ann' },
      },
    ]);
    w.outcome(1_000, id, 'a', { member: 'a' });
    w.fold(1_500, sweepOf('a', START + 1_500, { director: BACKUP }));
    expect(w.decisions.get(id)?.state).toBe('open');
    w.fold(1_600, sweepOf('b', START + 1_600, { director: MASTER }));
    expect(w.decisions.get(id)).toMatchObject({ state: 'verified', closing: 'Fresh sweeps of both nodes show it.' });
  });

  it('without the word of the node that takes it is unverified, and what is held is let go', () => {
    const w = world([]);
    both(w, 0, MASTER, BACKUP);
    const { id } = ask(w, 100, { leaseMs: 60_000 });
    w.outcome(1_000, id, 'a', { member: 'a' });
    for (let at = 2_000; at < 13_000; at += 1_000) both(w, at, { ...BACKUP, state: 'FAULT' }, BACKUP);
    expect(w.decisions.get(id)).toMatchObject({ state: 'unverified' });
    expect(jobs(w).at(-1)).toMatchObject({ node: 'a', action: 'restore', leaseIds: [id] });
  });

  it('that the node could not do has failed, with its sentence', () => {
    const w = world([]);
    both(w, 0, MASTER, BACKUP);
    const { id } = ask(w, 100);
    w.outcome(1_000, id, 'a', { member: 'a', result: 'failed', detail: 'The VIP did not leave.' });
    expect(w.decisions.get(id)).toMatchObject({ state: 'failed', closing: 'The VIP did not leave.' });
  });

  it('is refused by the interlock while another one has not ended, and no force passes that', () => {
    const w = world([]);
    both(w, 0, MASTER, BACKUP);
    ask(w, 100);
    const second = ask(w, 200, { force: true, reason: 'now' });
    expect(second.verdict).toBe('refuse');
    expect(second.rails.at(-1)).toMatchObject({
      rail: 'interlock',
      sentence: expect.stringContaining('not come to its end'),
    });
  });

  it('of a rule waits for two observers, and is refused when most members are in trouble', () => {
    const silent = unwritable({ name: 'silent-master', steps: [{ action: 'failover', leaseMs: 0 }] });
    const w = world([silent]);
    const frozen = { members: { a: SILENT, b: HEALTHY } };
    for (const at of [0, 1_000, 2_000, 3_000]) {
      w.fold(at, sweepOf('a', START + at, { ...frozen, director: MASTER }));
      w.fold(at, sweepOf('b', START + at, { ...frozen, director: BACKUP }));
    }
    expect(decisions(w).find((one) => one.verdict === 'act')).toMatchObject({
      action: 'failover',
      target: 'a',
      nodes: ['a'],
    });
    const both = world([silent]);
    const all = { members: { a: SILENT, b: { ...HEALTHY, filling: true } } };
    for (const at of [0, 1_000, 2_000, 3_000]) {
      both.fold(at, sweepOf('a', START + at, { ...all, director: MASTER }));
      both.fold(at, sweepOf('b', START + at, { ...all, director: BACKUP }));
    }
    expect(decisions(both).map((one) => one.rails.at(-1)?.rail)).toContain('common cause');
    expect(jobs(both)).toEqual([]);
  });

  it('removes an orphan VIP only where the other node is MASTER', () => {
    const orphan: Signals = { state: 'ORPHAN', keepalived: false, vip: true, handover: 0 };
    const w = world([]);
    both(w, 0, orphan, BACKUP);
    expect(ask(w, 100, { action: 'remove_orphan_vip' }).verdict).toBe('refuse');
    both(w, 1_000, orphan, MASTER);
    const { id, verdict } = ask(w, 1_100, { action: 'remove_orphan_vip' });
    expect(verdict).toBe('act');
    expect(jobs(w)).toMatchObject([{ node: 'a', action: 'remove_orphan_vip' }]);
    w.outcome(1_500, id, 'a', { member: 'a' });
    both(w, 2_000, { ...orphan, state: 'DOWN', vip: false }, MASTER);
    expect(w.decisions.get(id)).toMatchObject({ state: 'verified' });
  });
});

it('what was known once is not known any more; a target that nobody has read, or a new rule, is not known yet', () => {
  const masters = unwritable({
    ...{ name: 'master', forEach: 'director', steps: [] },
    when: expression((scope) => (scope.director?.state === undefined ? undefined : scope.director.state === 'FAULT')),
  });
  const director = { state: 'BACKUP' };
  const w = world([masters]);
  w.fold(0, sweepOf('a', START, { director }));
  expect(w.state.findings['master/b']?.neverKnown).toBe(true);
  w.fold(1_000, sweepOf('b', START + 1_000, { director }));
  expect(w.state.findings['master/b']).toBeUndefined();
  w.fold(60_000, sweepOf('a', START + 60_000, { director }));
  expect(w.state.findings['master/b']).toMatchObject({ unknownSince: START + 60_000 });
  expect(w.state.findings['master/b']).not.toHaveProperty('neverKnown');
});
