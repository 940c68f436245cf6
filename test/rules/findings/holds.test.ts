import { describe, expect, it } from 'vitest';
import { openUntil, scheduleFault } from '../../../src/lib/recurring.ts';
import type { HoldRequest } from '../../../src/model/entries/requests.ts';
import type { Hold } from '../../../src/model/people/hold.ts';
import { holdsInForce } from '../../../src/rules/findings/holds.ts';
import { FROZEN, POLICY, sweepOf, tableOf } from '../../support/pool.ts';
import { START, unwritable, world } from '../../support/world.ts';

const HOUR = 3_600_000;

function wish(parts: Partial<HoldRequest> = {}): HoldRequest {
  return { kind: 'hold', pool: 'logs', scope: { kind: 'all' }, by: 'ann', reason: 'disks', holdMs: HOUR, ...parts };
}

describe('a hold', () => {
  it('stands until its time, which is never more than a day, or until somebody takes it away', () => {
    const seen = world([]);
    seen.fold(0, wish({ holdMs: 100 * HOUR }));
    seen.fold(0, wish({ scope: { kind: 'member', name: 'b' } }));
    expect(Object.values(seen.state.holds).map(({ until = 0 }) => until - START)).toEqual([24 * HOUR, HOUR]);
    seen.fold(HOUR, { kind: 'tick', pool: 'logs' });
    expect(Object.keys(seen.state.holds)).toEqual(['all']);
    seen.fold(HOUR, { kind: 'resume', pool: 'logs', scope: { kind: 'all' }, by: 'bob' });
    expect(seen.state.holds).toEqual({});
    const told = seen.results
      .flatMap(({ events }) => events)
      .flatMap((one) => (one.type === 'hold' ? [`${one.change} ${one.by}`] : []));
    expect(told).toEqual(['begun ann', 'begun ann', 'ended its time', 'ended bob']);
  });

  it('comes back from the nodes when the broker has lost it, and not when people took it away', () => {
    const seen = world([]);
    seen.fold(0, wish());
    seen.fold(1_000, wish({ scope: { kind: 'rule', name: 'x' } }));
    seen.fold(2_000, { kind: 'resume', pool: 'logs', scope: { kind: 'rule', name: 'x' }, by: 'bob' });
    const told = Object.values(seen.state.holds);
    const ended = { ...told[0], scope: { kind: 'rule', name: 'x' }, until: START + 1_000 + HOUR } as Hold;
    seen.sweeps(3_000, { holds: [...told, ended] });
    expect(Object.keys(seen.state.holds)).toEqual(['all']);

    const empty = world([]);
    empty.sweeps(3_000, { holds: told });
    expect(empty.state.holds).toEqual(seen.state.holds);
    empty.sweeps(HOUR + 1, { holds: told });
    expect(empty.state.holds).toEqual({});
  });

  it('that is set anew takes the place of the one before, which no node brings back', () => {
    const seen = world([]);
    seen.fold(0, wish({ holdMs: 2 * HOUR }));
    const before = Object.values(seen.state.holds);
    seen.fold(1_000, wish({ holdMs: HOUR }));
    seen.sweeps(2_000, { holds: before });
    expect(Object.values(seen.state.holds).map(({ until }) => until)).toEqual([START + 1_000 + HOUR]);
    seen.fold(3_000, { kind: 'resume', pool: 'logs', scope: { kind: 'all' }, by: 'bob' });
    seen.sweeps(4_000, { holds: before });
    expect(seen.state.holds).toEqual({});
  });

  it('lets what is under way come to its end, and what is found be told', () => {
    const seen = world([unwritable({ forMs: 0, evidence: { observers: 1 } })]);
    seen.sweeps(100, FROZEN);
    const [made] = [...seen.decisions.values()];
    seen.fold(200, wish());
    for (const node of ['a', 'b']) seen.outcome(300, made?.id ?? '', node);
    seen.sweeps(1_000, { ...FROZEN, table: tableOf({ a: 100, b: 0 }) });
    expect(seen.decisions.get(made?.id ?? '')?.state).toBe('verified');
    seen.sweeps(10_000);
    expect(seen.state.leases).toEqual({});
    seen.sweeps(20_000, FROZEN);
    const [last] = [...seen.decisions.values()].slice(-1);
    expect([last?.verdict, last?.rails.at(-1)?.rail]).toEqual(['refuse', 'hold']);
    expect(seen.state.findings['member-unwritable/b']?.phase).toBe('firing');
  });

  it('by a file on one node holds the pool: half of it would be a part of a plan', () => {
    const seen = world([unwritable({ forMs: 0, evidence: { observers: 1 } })]);
    seen.fold(100, sweepOf('b', START + 100, { ...FROZEN, hold: 'a change of cables' }));
    seen.fold(100, sweepOf('a', START + 100, FROZEN));
    expect([...seen.decisions.values()].map(({ rails }) => rails.at(-1)?.sentence)).toEqual([
      'The file hold on b holds pool logs: a change of cables.',
    ]);
  });
});

describe('a window of weir.yaml', () => {
  const sunday = { schedule: '0 2 * * sun', timeZone: 'Europe/Berlin', forMs: 2 * HOUR, reason: 'patches' };
  const at = (text: string) => Date.parse(text);

  it('is open from its time on for as long as it says, in its time zone', () => {
    // 2026-11-29 is a Sunday; Berlin is an hour ahead of UTC in winter.
    expect(openUntil(sunday, at('2026-11-29T00:59:59.999Z'))).toBeUndefined();
    expect(openUntil(sunday, at('2026-11-29T01:00:00.000Z'))).toBe(at('2026-11-29T03:00:00Z'));
    expect(openUntil(sunday, at('2026-11-29T02:59:59.999Z'))).toBe(at('2026-11-29T03:00:00Z'));
    expect(openUntil(sunday, at('2026-11-29T03:00:00.000Z'))).toBeUndefined();
    expect(openUntil(sunday, at('2026-07-05T00:30:00.000Z'))).toBe(at('2026-07-05T02:00:00Z'));
    expect(openUntil(sunday, at('2026-11-29T01:30:00.000Z'))).toBe(at('2026-11-29T03:00:00Z'));
  });

  it('holds its pool or member while it is open', () => {
    const now = at('2026-11-29T01:30:00Z');
    const holds = (pool: string, windows: readonly object[], when = now, calendarMs = 0) =>
      holdsInForce({
        ...{ pool, holds: {}, fresh: [], now: when, calendarMs },
        policy: { maintenance: windows.map((one) => ({ ...sunday, ...one })) },
      }).map(({ scope, by, reason, until }) => ({ scope, by, reason, until }));
    expect(holds('logs', [{ pool: 'logs', member: 'b' }, { pool: 'other' }, {}])).toMatchObject([
      { scope: { kind: 'member', name: 'b' }, by: 'weir.yaml (0 2 * * sun for 2 h)', reason: 'patches' },
      { scope: { kind: 'pool' } },
    ]);
    expect(holds('logs', [{}], now + 3 * HOUR)).toEqual([]);
    // Broker time is three hours ahead of the calendar: it ends when the calendar says so.
    const ahead = holds('logs', [{}], now + 3 * HOUR, -3 * HOUR);
    expect(ahead).toMatchObject([{ until: at('2026-11-29T03:00:00Z') + 3 * HOUR }]);
    expect(POLICY.maintenance).toEqual([]);
  });

  it('that is none is said', () => {
    expect(scheduleFault('0 2 * * sun', 'Europe/Berlin')).toBeUndefined();
    expect(scheduleFault('0 2 * *', 'UTC')).toMatch(/^"0 2 \* \* *" is no cron expression/);
    expect(scheduleFault('0 2 * * sun', 'Mars/Base')).toBe(
      'Mars/Base is no time zone, expected a name such as "Europe/Berlin"',
    );
  });
});
