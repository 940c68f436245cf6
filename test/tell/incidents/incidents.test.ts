import { describe, expect, it } from 'vitest';
import type { TellPlan } from '../../../src/model/configuration/config.ts';
import { DeskOnPaper, decisionOf, PLAN, SLACK, T0 } from './fixture.ts';

const MAIL = { kind: 'mail', to: ['boss@example.com'] } as const;

describe('incidents', () => {
  it('opens one per rule, target and episode, tells after the group wait, and closes with how long it lasted', () => {
    const incidentState = new DeskOnPaper();
    incidentState.fire('member-unwritable', 'b').tick(3);
    expect(incidentState.shows).toEqual([]);
    incidentState.tick(4);
    expect(incidentState.shows).toMatchObject([{ place: 'slack:#log', thread: 'logs-1' }]);
    incidentState.clear('member-unwritable', 'b').tick(1);
    expect(incidentState.thread('member-unwritable')).toMatchObject({ state: 'resolved', closedAt: incidentState.now });
    expect(incidentState.thread('member-unwritable').items.at(-1)?.lines.at(-1)).toBe('It lasted 7 s.');
    expect([...incidentState.incidents.values()]).toMatchObject([
      { rule: 'member-unwritable', target: 'b', resolvedAt: incidentState.now },
    ]);
  });

  it('puts incidents of one cause into one thread', () => {
    const incidentState = new DeskOnPaper();
    incidentState.fire('member-filling', 'a').fire('member-filling', 'b').fire('disk-full', 'a').tick(8);
    expect(incidentState.thread('member-filling')).toMatchObject({
      title: 'member-filling on a, b',
      incidents: { length: 2 },
    });
    expect(new Set(incidentState.shows.map(({ thread }) => thread)).size).toBe(2);
    incidentState.clear('member-filling', 'a').tick(1);
    expect(incidentState.thread('member-filling')).toMatchObject({ state: 'firing', title: 'b: member-filling' });
  });

  it('is told although it came and went within the group wait', () => {
    const incidentState = new DeskOnPaper();
    incidentState.fire('member-unwritable', 'b').tick(1);
    incidentState.clear('member-unwritable', 'b').tick(8);
    expect(incidentState.shows).toHaveLength(1);
    expect(incidentState.thread('member-unwritable').state).toBe('resolved');
  });

  it('a symptom is not told while its cause fires, and is told when it outlives it', () => {
    const incidentState = new DeskOnPaper();
    incidentState.mutes = { 'member-filling': 'downstream-stalled' };
    incidentState.fire('downstream-stalled', 'logs').fire('member-filling', 'a', { muted: true }).tick(60);
    expect(incidentState.thread('member-filling')).toMatchObject({ state: 'muted' });
    expect([...incidentState.incidents.values()].find(({ rule }) => rule === 'member-filling')?.mutedBy).toBe(
      'downstream-stalled',
    );
    expect(new Set(incidentState.shown())).toEqual(new Set(['downstream-stalled']));
    incidentState.clear('downstream-stalled', 'logs').change('member-filling', 'a', { muted: false }).tick(1);
    expect(incidentState.shown().at(-1)).toBe('member-filling');
    expect(incidentState.titles('member-filling').at(-1)).toBe('No longer muted: it still fires');
  });

  it('what a person has taken out is not told while they have it out, and says who', () => {
    const incidentState = new DeskOnPaper();
    const outBy = { by: 'ann', until: incidentState.now + 3_600_000 };
    incidentState.fire('member-unwritable', 'b', { muted: true }).change('member-unwritable', 'b', { outBy }).tick(60);
    expect(incidentState.shows).toEqual([]);
    expect(incidentState.thread('member-unwritable').state).toBe('muted');
    expect([...incidentState.incidents.values()][0]?.mutedBy).toMatch(/^ann, who has b out of service until [\d: -]+$/);
    incidentState.change('member-unwritable', 'b', { outBy: { ...outBy, by: 'bob' } }).tick(1);
    expect(incidentState.titles('member-unwritable').at(-1)).toMatch(/^Muted by bob, who has b out of service until/);
    incidentState.change('member-unwritable', 'b', { outBy, muted: false }).tick(1);
    expect(incidentState.titles('member-unwritable').at(-1)).toBe('No longer muted: it still fires');
    expect(incidentState.shown().at(-1)).toBe('member-unwritable');
  });

  it('a node that a person has switched off is told when their time is over', () => {
    const incidentState = new DeskOnPaper();
    const outBy = { by: 'ann', until: incidentState.now + 60_000 };
    incidentState.lose('director-faulty', 'b', { muted: true, outBy }).tick(60);
    expect([incidentState.shows, incidentState.thread('director-faulty').state]).toEqual([[], 'muted']);
    incidentState.change('director-faulty', 'b', { muted: false }).tick(1);
    expect(incidentState.titles('director-faulty').at(-1)).toBe('No longer muted: it is still not known');
    expect(incidentState.shown().at(-1)).toBe('director-faulty');
  });

  it('a symptom that ends before its cause is on record, and nobody is told', () => {
    const incidentState = new DeskOnPaper();
    incidentState.mutes = { 'member-filling': 'downstream-stalled' };
    incidentState.fire('downstream-stalled', 'logs').fire('member-filling', 'a', { muted: true }).tick(10);
    incidentState.clear('member-filling', 'a').tick(60);
    expect(incidentState.shown().every((cause) => cause === 'downstream-stalled')).toBe(true);
    expect(incidentState.thread('member-filling').state).toBe('resolved');
  });

  it('says once that something flaps, and then only keeps the message true', () => {
    const incidentState = new DeskOnPaper();
    for (let i = 0; i < 8; i++) {
      incidentState.fire('member-unwritable', 'b').tick(30);
      incidentState.clear('member-unwritable', 'b').tick(30);
    }
    const flapping = [...incidentState.threads.values()].filter((one) => one.flapping === true);
    expect(flapping).toHaveLength(1);
    expect(flapping[0]?.items.filter(({ title }) => title.startsWith('Flapping'))).toHaveLength(1);
    // Three by themselves; the fourth joins the third and is the last that anything is said of.
    expect(new Set(incidentState.shows.map(({ thread }) => thread)).size).toBe(3);
    expect(flapping[0]?.items.filter(({ kind }) => kind === 'firing')).toHaveLength(1);
    expect(incidentState.incidents.size).toBe(8);
  });

  it('ends what a rule that is gone has left behind, and what ended while nobody looked', () => {
    const incidentState = new DeskOnPaper();
    incidentState.fire('member-filling', 'a').tick(8);
    incidentState.drop('member-filling', 'a').tick(1);
    expect(incidentState.titles('member-filling').at(-1)).toBe('It is over: a: member-filling');
    incidentState.gone.add('member-unwritable');
    incidentState.fire('member-unwritable', 'b').tick(8);
    incidentState.drop('member-unwritable', 'b').tick(1);
    expect(incidentState.titles('member-unwritable').at(-1)).toBe('The rule is gone: b: member-unwritable');
  });

  it('takes up what fires and what the desk has never heard of: the broker has lost the desk', () => {
    const lost = new DeskOnPaper();
    lost.fire('member-unwritable', 'b').tick(8);
    lost.desk = { ...lost.desk, incidents: {}, threads: {}, timers: {} };
    lost.tick(8);
    expect(Object.values(lost.desk.incidents).map(({ id }) => id)).toEqual(['logs-2']);
  });

  it('shows changed figures once in an interval, and an entry of which nothing comes leaves the very same desk', () => {
    const incidentState = new DeskOnPaper();
    incidentState.fire('member-filling', 'b', { values: { 'member.memory_ratio': 0.5 } }).tick(8);
    const told = incidentState.shows.length;
    for (let i = 0; i < 120; i++)
      incidentState.change('member-filling', 'b', { values: { 'member.memory_ratio': i / 200 } }).tick(1);
    expect(incidentState.shows.length - told).toBeLessThanOrEqual(3);
    expect(incidentState.shows.length - told).toBeGreaterThanOrEqual(1);
    const before = incidentState.desk;
    incidentState.pass(1_000);
    expect(incidentState.desk).toBe(before);
  });

  it('counts what nearly fired', () => {
    const incidentState = new DeskOnPaper();
    incidentState.pend('member-filling', 'b');
    const before = { ...incidentState.findings };
    incidentState.drop('member-filling', 'b');
    incidentState.pass(1_000, undefined, before);
    expect(incidentState.desk.nearMisses['member-filling/b']).toEqual({
      times: [incidentState.now],
      rule: 'member-filling',
      target: 'b',
    });
  });

  it('counts nothing of targets and rules that are gone', () => {
    const incidentState = new DeskOnPaper();
    incidentState.pend('member-filling', 'b');
    const before = { ...incidentState.findings };
    incidentState.drop('member-filling', 'b');
    incidentState.pass(1_000, undefined, before);
    incidentState.fire('member-unwritable', 'b').fire('member-unwritable', 'a').fire('disk-full', 'a').tick(1);
    incidentState.goneTargets.add('b');
    incidentState.gone.add('disk-full');
    incidentState.clear('member-unwritable', 'b').tick(1);
    expect(incidentState.desk.nearMisses).toEqual({});
    expect(Object.keys(incidentState.desk.fired)).toEqual(['member-unwritable/a']);
    expect(Object.keys(incidentState.desk.lastFired)).toEqual(['member-unwritable']);
  });
});

describe('the story of an incident', () => {
  it('has the decision, its end, the ack and what people said, in order', () => {
    const incidentState = new DeskOnPaper();
    const decision = decisionOf();
    incidentState.fire('member-unwritable', 'b').decide(decision).tick(8);
    incidentState
      .end({ ...decision, state: 'verified', closing: 'A fresh sweep shows it.', closedAt: incidentState.now })
      .tick(1);
    incidentState.pass(1_000, {
      kind: 'ack',
      pool: 'logs',
      by: 'U012AB3CD',
      incident: incidentState.thread('member-unwritable').id,
    });
    incidentState.clear('member-unwritable', 'b').tick(1);
    expect(incidentState.titles('member-unwritable')).toEqual([
      'b: member-unwritable',
      'Acting: drain b',
      'Verified: drain b',
      'Acknowledged by U012AB3CD',
      'b: member-unwritable',
    ]);
    expect(incidentState.thread('member-unwritable').acked).toMatchObject({ by: 'U012AB3CD' });
  });

  it('offers a yes and a no as long as a decision waits', () => {
    const incidentState = new DeskOnPaper();
    const asks = decisionOf({
      verdict: 'ask',
      state: 'waiting',
      approval: { needed: 1, until: T0 + 900_000, answers: [] },
    });
    incidentState.fire('member-unwritable', 'b').decide(asks).tick(1);
    expect(incidentState.thread('member-unwritable').waiting).toMatchObject({ decision: asks.id, what: 'drain b' });
    incidentState.end({ ...asks, state: 'void', closing: 'It is over.' }).tick(1);
    expect(incidentState.thread('member-unwritable').waiting).toBeUndefined();
  });

  it('tells of a request in a thread of its own, closed with its decision; in the incident where there is one', () => {
    const incidentState = new DeskOnPaper();
    const asked = decisionOf({ id: `${T0}-1.request.a`, rule: 'request', target: 'a', by: 'person:ann' });
    incidentState.decide(asked).tick(1);
    expect(incidentState.thread('request')).toMatchObject({ kind: 'request', places: ['slack:#log'] });
    incidentState.end({ ...asked, state: 'verified' }).tick(1);
    expect(incidentState.thread('request').closedAt).toBe(incidentState.now);
    incidentState
      .fire('member-unwritable', 'b')
      .decide({ ...asked, id: `${T0}-2.request.b`, target: 'b' })
      .tick(1);
    expect(incidentState.titles('member-unwritable')).toContain('Acting: drain b');
  });

  it('an ack of one thing does not cover what comes after it', () => {
    const incidentState = new DeskOnPaper();
    incidentState.fire('member-filling', 'a').tick(8);
    incidentState.pass(0, {
      kind: 'ack',
      pool: 'logs',
      by: 'ann',
      incident: incidentState.thread('member-filling').id,
    });
    expect(incidentState.thread('member-filling').state).toBe('acked');
    incidentState.fire('member-filling', 'b').tick(1);
    expect(incidentState.thread('member-filling')).toMatchObject({ state: 'firing' });
    expect(incidentState.thread('member-filling').acked).toBeUndefined();
  });
});

describe('escalation', () => {
  const plan: TellPlan = {
    ...PLAN,
    routes: [{ match: {}, to: [SLACK], escalate: [{ afterMs: 600_000, to: [MAIL] }], goesOn: false }],
  };

  it('goes further when nobody has acknowledged it, once, and the whole channel sees that', () => {
    const incidentState = new DeskOnPaper(plan);
    incidentState.fire('member-unwritable', 'b').tick(599);
    expect(incidentState.thread('member-unwritable').places).toEqual(['slack:#log']);
    incidentState.tick(10);
    const thread = incidentState.thread('member-unwritable');
    expect(thread.places).toEqual(['slack:#log', 'mail:boss@example.com']);
    expect(thread.items.find(({ seq }) => seq === thread.loudSeq)?.title).toMatch(
      /^Escalated: nobody has acknowledged/,
    );
    incidentState.tick(1_200);
    expect(incidentState.titles('member-unwritable').filter((title) => title.startsWith('Escalated'))).toHaveLength(1);
  });

  it.each(['acked', 'resolved', 'silenced'] as const)('does not when it is %s', (how) => {
    const incidentState = new DeskOnPaper(plan);
    incidentState.fire('member-unwritable', 'b').tick(10);
    const incident = incidentState.thread('member-unwritable').id;
    if (how === 'acked') incidentState.pass(0, { kind: 'ack', pool: 'logs', by: 'ann', incident });
    if (how === 'resolved') incidentState.clear('member-unwritable', 'b').tick(1);
    if (how === 'silenced') {
      incidentState.pass(0, {
        kind: 'silence',
        pool: 'logs',
        matcher: {},
        by: 'ann',
        reason: 'x',
        silenceMs: 3_600_000,
      });
    }
    incidentState.tick(1_200);
    expect(incidentState.titles('member-unwritable').join()).not.toContain('Escalated');
  });

  it('says again what lasts and nobody has taken on', () => {
    const incidentState = new DeskOnPaper({ ...PLAN, group: { ...PLAN.group, repeatMs: 300_000 } });
    incidentState.fire('member-unwritable', 'b').tick(700);
    const repeats = incidentState.titles('member-unwritable').filter((title) => title.startsWith('Still firing'));
    expect(repeats).toHaveLength(2);
  });
});

describe('silences', () => {
  const silence = { kind: 'silence', pool: 'logs', by: 'ann', reason: 'known', silenceMs: 3_600_000 } as const;

  it('mutes telling of what it covers, says when it begins and ends', () => {
    const incidentState = new DeskOnPaper();
    incidentState.pass(0, { ...silence, matcher: { rule: 'member-filling' } });
    incidentState.fire('member-filling', 'b').fire('member-unwritable', 'a').tick(20);
    const told = incidentState.shown();
    expect(told.some((thread) => thread.includes('silence.begun'))).toBe(true);
    expect(told).toContain('member-unwritable');
    expect(told).not.toContain('member-filling');
    incidentState.tick(3_600);
    expect(incidentState.desk.silences).toEqual({});
    expect(incidentState.shows.some(({ thread }) => thread.includes('silence.ended'))).toBe(true);
    // It still fires: now people hear of it.
    expect(incidentState.shown()).toContain('member-filling');
  });

  it('ends by itself when nothing that it covered is left', () => {
    const incidentState = new DeskOnPaper();
    incidentState.fire('member-filling', 'b').tick(8);
    incidentState.pass(0, { ...silence, matcher: { rule: 'member-filling' } });
    expect(incidentState.thread('member-filling').state).toBe('silenced');
    incidentState.clear('member-filling', 'b').tick(200);
    expect(Object.keys(incidentState.desk.silences)).toHaveLength(1);
    incidentState.tick(200);
    expect(incidentState.desk.silences).toEqual({});
    expect(
      incidentState.threads.get([...incidentState.threads.keys()].find((id) => id.includes('silence.ended')) ?? '')
        ?.title,
    ).toContain('nothing that it covers is left');
  });

  it('of labels covers what carries them, and is taken away by a person', () => {
    const incidentState = new DeskOnPaper();
    incidentState.pass(0, { ...silence, matcher: { labels: { team: 'storage' } } });
    const [id = ''] = Object.keys(incidentState.desk.silences);
    incidentState.fire('disk-full', 'a').fire('member-unwritable', 'a').tick(1);
    const bySilence = [...incidentState.incidents.values()].map(({ rule, silencedBy }) => [rule, silencedBy]);
    expect(bySilence).toEqual([
      ['disk-full', id],
      ['member-unwritable', undefined],
    ]);
    incidentState.pass(0, { kind: 'unsilence', pool: 'logs', id, by: 'bob' });
    expect(incidentState.desk.silences).toEqual({});
    incidentState.tick(1);
    expect(incidentState.titles('disk-full').at(-1)).toBe('No longer silenced: it still fires');
  });
});

describe('routes', () => {
  it('the first that matches, and those after it where it goes on; by severity, label, pool and hour', () => {
    const plan: TellPlan = {
      ...PLAN,
      routes: [
        { match: { labels: { team: 'storage' } }, to: [MAIL], escalate: [], goesOn: true },
        { match: { severities: ['page'], pools: ['logs'] }, to: [SLACK], escalate: [], goesOn: false },
        {
          match: { hours: { from: 0, to: 1, timeZone: 'UTC' } },
          to: [{ kind: 'slack', channel: '#night' }],
          escalate: [],
          goesOn: false,
        },
        { match: {}, to: [{ kind: 'slack', channel: '#rest' }], escalate: [], goesOn: false },
      ],
    };
    const incidentState = new DeskOnPaper(plan);
    incidentState.fire('disk-full', 'a').fire('member-filling', 'b', { severity: 'warn' }).tick(8);
    expect(incidentState.thread('disk-full').places).toEqual(['mail:boss@example.com', 'slack:#log']);
    expect(incidentState.thread('member-filling').places).toEqual(['slack:#rest']);
  });

  it('in quiet hours only what is severe enough is told; the rest waits for their end', () => {
    // T0 is 2026-11-23 03:03:20 UTC.
    const quiet = { from: 22 * 60, to: 7 * 60, timeZone: 'UTC', lets: ['page'] } as const;
    const incidentState = new DeskOnPaper({ ...PLAN, quiet });
    incidentState.fire('member-filling', 'a', { severity: 'warn' }).fire('member-unwritable', 'b').tick(60);
    expect(new Set(incidentState.shown())).toEqual(new Set(['member-unwritable']));
    const morning = Date.parse('2026-11-23T07:00:00Z');
    incidentState.pass(morning - incidentState.now - 1_000);
    expect(incidentState.shown()).not.toContain('member-filling');
    incidentState.tick(3);
    expect(incidentState.shown()).toContain('member-filling');
  });

  it('quiet hours go by the calendar, where broker time is behind it', () => {
    const quiet = { from: 22 * 60, to: 7 * 60, timeZone: 'UTC', lets: [] };
    const incidentState = new DeskOnPaper({ ...PLAN, quiet });
    // 05:43:20 there: 76 min and 40 s are left. By broker time it is 03:03:20.
    incidentState.calendarMs = 9_600_000;
    incidentState.fire('member-filling', 'a', { severity: 'warn' }).tick(60);
    expect(incidentState.shown()).toEqual([]);
    incidentState.pass(75 * 60_000);
    expect(incidentState.shown()).toEqual([]);
    incidentState.pass(60_000);
    expect(incidentState.shown()).toContain('member-filling');
  });
});

describe('too much at once', () => {
  it('500 findings of 50 rules: as many threads as configured, none lost from the list, one tells of the rest', () => {
    const incidentState = new DeskOnPaper({ ...PLAN, limit: { max: 20, perMs: 60_000 } });
    for (let second = 0; second < 50; second++) {
      for (let i = 0; i < 10; i++) incidentState.fire(`rule-${second}`, `m${i}`, { severity: 'warn' });
      incidentState.tick(1);
    }
    incidentState.tick(9);
    const shown = new Set(incidentState.shows.map(({ thread }) => thread));
    expect(shown.size).toBeLessThanOrEqual(10);
    expect(incidentState.incidents.size).toBe(500);
    const many = incidentState.thread('many');
    expect(many.title).toMatch(/^Many at once: \d+ incidents of \d+ rules$/);
    const told = new Set([...shown].flatMap((id) => incidentState.threads.get(id)?.incidents ?? []));
    expect(told.size).toBe(500);
    for (const { rule, target } of [...incidentState.incidents.values()]) incidentState.clear(rule, target);
    incidentState.tick(2);
    expect(incidentState.thread('many').state).toBe('resolved');
    expect([...incidentState.incidents.values()].every(({ resolvedAt }) => resolvedAt !== undefined)).toBe(true);
  });
});
