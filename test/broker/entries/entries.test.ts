/** What is an entry and what is none: every body that made the evaluation throw, and some that must not be refused. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEntry } from '../../../src/broker/entries/entries.ts';
import { jobFault, parseDesiredLease } from '../../../src/broker/entries/written.ts';
import type { EntryBody } from '../../../src/model/entries/entry.ts';
import { foldIncidents } from '../../../src/tell/incidents/fold.ts';
import { newIncidentState } from '../../../src/tell/incidents/state.ts';
import { HEALTHY, PLAN, sweepOf, tableOf } from '../../support/pool.ts';
import { START, unwritable, world } from '../../support/world.ts';

const POOL = { kind: 'pool' } as const;
const common = { pool: 'logs', by: 'ann@x' } as const;

const GOOD: readonly EntryBody[] = [
  { kind: 'tick', pool: 'logs' },
  sweepOf('a', START),
  sweepOf('worker-host.example.com', START, { raising: { b: 50 }, hold: 'why' }),
  { kind: 'hold', ...common, scope: POOL, reason: 'r', holdMs: 1 },
  { kind: 'hold', ...common, scope: { kind: 'action', name: 'drain' }, reason: 'r', holdMs: 1 },
  { kind: 'resume', ...common, scope: { kind: 'rule', name: 'x' } },
  { kind: 'ack', ...common },
  { kind: 'ack', ...common, incident: 'logs-1' },
  { kind: 'silence', ...common, matcher: { labels: { team: 'x' } }, reason: 'r', silenceMs: 1 },
  { kind: 'unsilence', ...common, id: '1-0' },
  { kind: 'answer', ...common, decision: '1-0.r.b', via: 'slack', answer: 'approve', groups: ['S1'] },
  { kind: 'request', ...common, action: 'drain', target: 'constructor', force: false },
  { kind: 'request', ...common, action: 'failover', target: 'a', to: 'b', way: 'soft', force: true, ask: true },
  { kind: 'outcome', pool: 'logs', decision: 'd', node: 'a', member: 'b', at: 1, result: 'applied', detail: '' },
  { kind: 'alerts', pool: 'logs', alerts: [] },
  { kind: 'edition', pool: 'logs', worker: 'w', edition: { hash: 'h', mode: 'auto' } },
];

const sweepWith = (parts: Record<string, unknown>) => ({ ...sweepOf('a', START + 3_000), ...parts });

const POISON: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['a number', 5],
  ['no fields', {}],
  ['a list', []],
  ['of a future kind', { kind: 'weather', pool: 'logs' }],
  ['of a kind that every object has', { kind: 'constructor', pool: 'logs' }],
  ['of another pool', { kind: 'tick', pool: 'other' }],
  ['a hold without a scope', { kind: 'hold', ...common, reason: 'r', holdMs: 1 }],
  ['a hold of no length', { kind: 'hold', ...common, scope: POOL, reason: 'r', holdMs: null }],
  [
    'an outcome without a decision',
    { kind: 'outcome', pool: 'logs', node: 'a', member: 'b', at: 1, result: 'applied', detail: '' },
  ],
  ['alerts without a list', { kind: 'alerts', pool: 'logs' }],
  ['a silence without a matcher', { kind: 'silence', pool: 'logs' }],
  ['an answer without a decision', { kind: 'answer', pool: 'logs' }],
  ['a request of an unknown action', { kind: 'request', ...common, action: 'nonsense', target: 'b', force: false }],
  ['a sweep of an observer that is no name', sweepWith({ observer: '__proto__' })],
  ['a sweep without members', sweepWith({ members: undefined })],
  ['a sweep without leases', sweepWith({ leases: undefined })],
  ['a sweep with a member that is null', sweepWith({ members: { a: null, b: HEALTHY } })],
  [
    'a sweep with a member of every object',
    JSON.parse(
      `{"kind":"sweep","pool":"logs","observer":"a","at":1,"members":{"__proto__":{}},"consumers":{},"leases":[],"troubles":[]}`,
    ),
  ],
  ['a sweep with a row that is null', sweepWith({ table: { a: null } })],
  ['a sweep with junk for acts', sweepWith({ acted: [{}] })],
  ['a sweep with junk for heads of the audit', sweepWith({ auditHeads: { evaluation: { seq: '1' } } })],
  ['a sweep with junk for holds', sweepWith({ holds: [{}] })],
  ['a sweep with junk for leases', sweepWith({ leases: [{ id: 'x' }] })],
  ['a sweep with a number for troubles', sweepWith({ troubles: 3 })],
  ['a sweep whose time is a text', sweepWith({ at: 'now' })],
];

const read = (body: unknown) => readEntry('logs', `${START + 3_000}-0`, JSON.stringify(body) ?? 'undefined').body;

describe('an entry', () => {
  it.each(GOOD.map((body) => [body.kind, body] as const))('that is one stays as it is: %s', (_, body) => {
    expect(read(body)).toEqual(body);
    // What a later version adds is no reason to refuse it.
    expect(read({ ...body, later: { x: 1 } })).toMatchObject({ kind: body.kind });
  });

  it.each(POISON)('that is none is set aside, and throws nowhere: %s', (_, body) => {
    const aside = read(body);
    expect(aside).toMatchObject({ kind: 'unreadable', pool: 'logs' });
    const w = world([unwritable()]);
    w.sweeps(1_000, { table: tableOf({ a: 100, b: 100 }) });
    w.fold(3_000, aside);
    w.sweeps(3_500);
    const nobody = { happenings: [], before: {}, findings: {}, plan: PLAN, calendarMs: 0 };
    const at = { pool: 'logs', now: START + 3_000, entryId: '1-1', body: aside };
    const asked = { muterOf: () => undefined, ruleOf: () => undefined, hasTarget: () => true };
    foldIncidents(newIncidentState(START), { ...at, ...nobody, ...asked });
  });

  it('that is torn is set aside', () => {
    expect(readEntry('logs', '1-0', '{"kind":"sw').body).toMatchObject({ kind: 'unreadable', why: 'it is no JSON' });
  });

  it('says who wrote it, in one line', () => {
    expect(read(sweepWith({ leases: undefined }))).toMatchObject({ writer: 'a', why: 'sweep: leases are no leases' });
    expect(read({ kind: 'weather', by: 'ann\n@x' })).toMatchObject({ writer: 'ann?@x' });
    expect(read(7)).toMatchObject({ writer: 'somebody' });
    expect(read({ kind: 'outcome', node: '__proto__' })).toMatchObject({ writer: 'somebody' });
  });

  it('is no reading of tomorrow: that would be fresh for a day, and no later one of its observer would count', () => {
    const at = (ms: number) => read(sweepOf('a', START + 3_000 + ms)).kind;
    expect([at(0), at(5_000), at(5_001), at(86_400_000)]).toEqual(['sweep', 'sweep', 'unreadable', 'unreadable']);
    expect(read(sweepOf('a', START + 33_000))).toMatchObject({
      writer: 'a',
      why: 'sweep: at is 30 s later than the entry',
    });
  });

  it('may have a signal that is none: it is unknown, the rest is known', () => {
    const body = read(sweepWith({ members: { a: { ...HEALTHY, memory_ratio: null, extra: [1] } } }));
    const { memory_ratio: _, ...rest } = HEALTHY;
    expect(body).toMatchObject({ kind: 'sweep', members: { a: rest } });
    expect(body.kind === 'sweep' && Object.keys(body.members.a ?? {})).not.toContain('memory_ratio');
  });

  it('may have a signal of another type than the catalogue says: it is unknown too, and one of a later version stays', () => {
    const b = { ...HEALTHY, writable: 'yes', weight: '100', role: 5, later: 'x' };
    const director = { state: true, priority: '254', vip: true };
    const consumers = { c: { answering: 1, events_out_rate: 5 } };

    const seen = read(sweepWith({ members: { b }, director, consumers }));

    const { writable: _, ...kept } = HEALTHY;
    expect(seen).toHaveProperty('members', { b: { ...kept, later: 'x' } });
    expect(seen).toHaveProperty('director', { vip: true });
    expect(seen).toHaveProperty('consumers', { c: { events_out_rate: 5 } });
  });

  it('whatever it is can be folded', () => {
    const parts = fc.constantFrom(
      'members',
      'consumers',
      'leases',
      'troubles',
      'table',
      'director',
      'acted',
      'holds',
      'raising',
      'at',
      'scope',
      'matcher',
      'alerts',
      'result',
      'decision',
      'holdMs',
      'edition',
    );
    const good = fc.constantFrom(...GOOD);
    fc.assert(
      fc.property(good, parts, fc.jsonValue({ maxDepth: 3 }), (body, part, value) => {
        const w = world([unwritable()]);
        w.sweeps(1_000);
        w.fold(3_000, read({ ...body, [part]: value }));
        w.sweeps(3_500);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what else stands in the broker', () => {
  const lease = { id: '1-0.r.b', pool: 'logs', member: 'b', weight: 0, until: 9, owner: 'rule:r', reason: 'x' };
  const job = {
    decision: '1-0.r.b',
    pool: 'logs',
    node: 'a',
    action: 'drain',
    member: 'b',
    entryId: '1-0',
    expiresAt: 9,
    lease,
  };

  it('is a lease, or is passed over', () => {
    expect(parseDesiredLease(JSON.stringify(lease))).toEqual(lease);
    expect(parseDesiredLease(JSON.stringify({ ...lease, until: undefined }))).toBeUndefined();
    expect(parseDesiredLease('{torn')).toBeUndefined();
  });

  it('is a job, or is refused with what is wrong', () => {
    expect(jobFault(job)).toBeUndefined();
    expect(jobFault({ ...job, later: 1 })).toBeUndefined();
    expect(jobFault({ ...job, action: 'explode' })).toMatch(/^action: /);
    expect(jobFault({ ...job, entryId: 'x' })).toMatch(/^entryId: /);
    expect(jobFault(undefined)).toMatch(/^it: /);
  });
});
