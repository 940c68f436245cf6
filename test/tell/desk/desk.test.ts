import { describe, expect, it } from 'vitest';
import type { TellPlan } from '../../../src/model/config.ts';
import { DeskOnPaper, decisionOf, PLAN, SLACK, T0 } from './fixture.ts';

const MAIL = { kind: 'mail', to: ['boss@example.com'] } as const;

describe('incidents', () => {
  it('opens one per rule, target and episode, tells after the group wait, and closes with how long it lasted', () => {
    const desk = new DeskOnPaper();
    desk.fire('member-unwritable', 'b').tick(3);
    expect(desk.shows).toEqual([]);
    desk.tick(4);
    expect(desk.shows).toMatchObject([{ place: 'slack:#log', thread: `${T0}-0.member-unwritable.b` }]);
    desk.clear('member-unwritable', 'b').tick(1);
    expect(desk.thread('member-unwritable')).toMatchObject({ state: 'resolved', closedAt: desk.now });
    expect(desk.thread('member-unwritable').items.at(-1)?.lines.at(-1)).toBe('It lasted 7 s.');
    expect([...desk.incidents.values()]).toMatchObject([
      { rule: 'member-unwritable', target: 'b', resolvedAt: desk.now },
    ]);
  });

  it('puts incidents of one cause into one thread', () => {
    const desk = new DeskOnPaper();
    desk.fire('member-filling', 'a').fire('member-filling', 'b').fire('disk-full', 'a').tick(8);
    expect(desk.thread('member-filling')).toMatchObject({ title: 'member-filling on a, b', incidents: { length: 2 } });
    expect(new Set(desk.shows.map(({ thread }) => thread)).size).toBe(2);
    desk.clear('member-filling', 'a').tick(1);
    expect(desk.thread('member-filling')).toMatchObject({ state: 'firing', title: 'b: member-filling' });
  });

  it('is told although it came and went within the group wait', () => {
    const desk = new DeskOnPaper();
    desk.fire('member-unwritable', 'b').tick(1);
    desk.clear('member-unwritable', 'b').tick(8);
    expect(desk.shows).toHaveLength(1);
    expect(desk.thread('member-unwritable').state).toBe('resolved');
  });

  it('a symptom is not told while its cause fires, and is told when it outlives it', () => {
    const desk = new DeskOnPaper();
    desk.mutes = { 'member-filling': 'downstream-stalled' };
    desk.fire('downstream-stalled', 'logs').fire('member-filling', 'a', { muted: true }).tick(60);
    expect(desk.thread('member-filling')).toMatchObject({ state: 'muted' });
    expect([...desk.incidents.values()].find(({ rule }) => rule === 'member-filling')?.mutedBy).toBe(
      'downstream-stalled',
    );
    expect(new Set(desk.shows.map(({ thread }) => thread.split('.')[1]))).toEqual(new Set(['downstream-stalled']));
    desk.clear('downstream-stalled', 'logs').change('member-filling', 'a', { muted: false }).tick(1);
    expect(desk.shows.at(-1)?.thread).toContain('member-filling');
    expect(desk.titles('member-filling').at(-1)).toBe('No longer muted: it still fires');
  });

  it('a symptom that ends before its cause is on record, and nobody is told', () => {
    const desk = new DeskOnPaper();
    desk.mutes = { 'member-filling': 'downstream-stalled' };
    desk.fire('downstream-stalled', 'logs').fire('member-filling', 'a', { muted: true }).tick(10);
    desk.clear('member-filling', 'a').tick(60);
    expect(desk.shows.every(({ thread }) => thread.includes('downstream-stalled'))).toBe(true);
    expect(desk.thread('member-filling').state).toBe('resolved');
  });

  it('says once that something flaps, and then only keeps the message true', () => {
    const desk = new DeskOnPaper();
    for (let i = 0; i < 8; i++) {
      desk.fire('member-unwritable', 'b').tick(30);
      desk.clear('member-unwritable', 'b').tick(30);
    }
    const flapping = [...desk.threads.values()].filter((one) => one.flapping === true);
    expect(flapping).toHaveLength(1);
    expect(flapping[0]?.items.filter(({ title }) => title.startsWith('Flapping'))).toHaveLength(1);
    // Three by themselves; the fourth joins the third and is the last that anything is said of.
    expect(new Set(desk.shows.map(({ thread }) => thread)).size).toBe(3);
    expect(flapping[0]?.items.filter(({ kind }) => kind === 'firing')).toHaveLength(1);
    expect(desk.incidents.size).toBe(8);
  });

  it('ends what a rule that is gone has left behind, and what ended while nobody looked', () => {
    const desk = new DeskOnPaper();
    desk.fire('member-filling', 'a').tick(8);
    desk.drop('member-filling', 'a').tick(1);
    expect(desk.titles('member-filling').at(-1)).toBe('It is over: a: member-filling');
    desk.gone.add('member-unwritable');
    desk.fire('member-unwritable', 'b').tick(8);
    desk.drop('member-unwritable', 'b').tick(1);
    expect(desk.titles('member-unwritable').at(-1)).toBe('The rule is gone: b: member-unwritable');
  });

  it('takes up what fires and what the desk has never heard of: the broker has lost the desk', () => {
    const lost = new DeskOnPaper();
    lost.fire('member-unwritable', 'b').tick(8);
    lost.desk = { ...lost.desk, incidents: {}, threads: {}, timers: {} };
    lost.tick(8);
    expect(Object.values(lost.desk.incidents).map(({ id }) => id)).toEqual([`${T0}-0.member-unwritable.b`]);
  });

  it('shows changed figures once in an interval, and an entry of which nothing comes leaves the very same desk', () => {
    const desk = new DeskOnPaper();
    desk.fire('member-filling', 'b', { values: { 'member.memory_ratio': 0.5 } }).tick(8);
    const told = desk.shows.length;
    for (let i = 0; i < 120; i++)
      desk.change('member-filling', 'b', { values: { 'member.memory_ratio': i / 200 } }).tick(1);
    expect(desk.shows.length - told).toBeLessThanOrEqual(3);
    expect(desk.shows.length - told).toBeGreaterThanOrEqual(1);
    const before = desk.desk;
    desk.pass(1_000);
    expect(desk.desk).toBe(before);
  });

  it('counts what nearly fired', () => {
    const desk = new DeskOnPaper();
    desk.pend('member-filling', 'b');
    const before = { ...desk.findings };
    desk.drop('member-filling', 'b');
    desk.pass(1_000, undefined, before);
    expect(desk.desk.nearMisses['member-filling/b']).toEqual({
      times: [desk.now],
      rule: 'member-filling',
      target: 'b',
    });
  });
});

describe('the story of an incident', () => {
  it('has the decision, its end, the ack and what people said, in order', () => {
    const desk = new DeskOnPaper();
    const decision = decisionOf();
    desk.fire('member-unwritable', 'b').decide(decision).tick(8);
    desk.end({ ...decision, state: 'verified', closing: 'A fresh sweep shows it.', closedAt: desk.now }).tick(1);
    desk.pass(1_000, { kind: 'ack', pool: 'logs', by: 'U012AB3CD', incident: desk.thread('member-unwritable').id });
    desk.clear('member-unwritable', 'b').tick(1);
    expect(desk.titles('member-unwritable')).toEqual([
      'b: member-unwritable',
      'Acting: drain b',
      'Done and seen: drain b',
      'Acknowledged by U012AB3CD',
      'b: member-unwritable',
    ]);
    expect(desk.thread('member-unwritable').acked).toMatchObject({ by: 'U012AB3CD' });
  });

  it('offers a yes and a no as long as a decision waits', () => {
    const desk = new DeskOnPaper();
    const asks = decisionOf({
      verdict: 'ask',
      state: 'waiting',
      approval: { needed: 1, until: T0 + 900_000, answers: [] },
    });
    desk.fire('member-unwritable', 'b').decide(asks).tick(1);
    expect(desk.thread('member-unwritable').waiting).toMatchObject({ decision: asks.id, what: 'drain b' });
    desk.end({ ...asks, state: 'void', closing: 'It is over.' }).tick(1);
    expect(desk.thread('member-unwritable').waiting).toBeUndefined();
  });

  it('tells of a request in a thread of its own, closed with its decision; in the incident where there is one', () => {
    const desk = new DeskOnPaper();
    const asked = decisionOf({ id: `${T0}-1.request.a`, rule: 'request', target: 'a', by: 'person:ann' });
    desk.decide(asked).tick(1);
    expect(desk.thread('request')).toMatchObject({ kind: 'request', places: ['slack:#log'] });
    desk.end({ ...asked, state: 'verified' }).tick(1);
    expect(desk.thread('request').closedAt).toBe(desk.now);
    desk
      .fire('member-unwritable', 'b')
      .decide({ ...asked, id: `${T0}-2.request.b`, target: 'b' })
      .tick(1);
    expect(desk.titles('member-unwritable')).toContain('Acting: drain b');
  });

  it('an ack of one thing does not cover what comes after it', () => {
    const desk = new DeskOnPaper();
    desk.fire('member-filling', 'a').tick(8);
    desk.pass(0, { kind: 'ack', pool: 'logs', by: 'ann', incident: desk.thread('member-filling').id });
    expect(desk.thread('member-filling').state).toBe('acked');
    desk.fire('member-filling', 'b').tick(1);
    expect(desk.thread('member-filling')).toMatchObject({ state: 'firing' });
    expect(desk.thread('member-filling').acked).toBeUndefined();
  });
});

describe('escalation', () => {
  const plan: TellPlan = {
    ...PLAN,
    routes: [{ match: {}, to: [SLACK], escalate: [{ afterMs: 600_000, to: [MAIL] }], goesOn: false }],
  };

  it('goes further when nobody has acknowledged it, once, and the whole channel sees that', () => {
    const desk = new DeskOnPaper(plan);
    desk.fire('member-unwritable', 'b').tick(599);
    expect(desk.thread('member-unwritable').places).toEqual(['slack:#log']);
    desk.tick(10);
    const thread = desk.thread('member-unwritable');
    expect(thread.places).toEqual(['slack:#log', 'mail:boss@example.com']);
    expect(thread.items.find(({ seq }) => seq === thread.loudSeq)?.title).toMatch(
      /^Escalated: nobody has acknowledged/,
    );
    desk.tick(1_200);
    expect(desk.titles('member-unwritable').filter((title) => title.startsWith('Escalated'))).toHaveLength(1);
  });

  it.each(['acked', 'resolved', 'silenced'] as const)('does not when it is %s', (how) => {
    const desk = new DeskOnPaper(plan);
    desk.fire('member-unwritable', 'b').tick(10);
    const incident = desk.thread('member-unwritable').id;
    if (how === 'acked') desk.pass(0, { kind: 'ack', pool: 'logs', by: 'ann', incident });
    if (how === 'resolved') desk.clear('member-unwritable', 'b').tick(1);
    if (how === 'silenced') {
      desk.pass(0, { kind: 'silence', pool: 'logs', matcher: {}, by: 'ann', reason: 'x', silenceMs: 3_600_000 });
    }
    desk.tick(1_200);
    expect(desk.titles('member-unwritable').join()).not.toContain('Escalated');
  });

  it('says again what lasts and nobody has taken on', () => {
    const desk = new DeskOnPaper({ ...PLAN, group: { ...PLAN.group, repeatMs: 300_000 } });
    desk.fire('member-unwritable', 'b').tick(700);
    const repeats = desk.titles('member-unwritable').filter((title) => title.startsWith('Still firing'));
    expect(repeats).toHaveLength(2);
  });
});

describe('silences', () => {
  const silence = { kind: 'silence', pool: 'logs', by: 'ann', reason: 'known', silenceMs: 3_600_000 } as const;

  it('mutes telling of what it covers, says when it begins and ends', () => {
    const desk = new DeskOnPaper();
    desk.pass(0, { ...silence, matcher: { rule: 'member-filling' } });
    desk.fire('member-filling', 'b').fire('member-unwritable', 'a').tick(20);
    const told = desk.shows.map(({ thread }) => thread);
    expect(told.some((thread) => thread.includes('silence.begun'))).toBe(true);
    expect(told.some((thread) => thread.includes('member-unwritable'))).toBe(true);
    expect(told.some((thread) => thread.includes('member-filling'))).toBe(false);
    desk.tick(3_600);
    expect(desk.desk.silences).toEqual({});
    expect(desk.shows.some(({ thread }) => thread.includes('silence.ended'))).toBe(true);
    // It still fires: now people hear of it.
    expect(desk.shows.some(({ thread }) => thread.includes('member-filling'))).toBe(true);
  });

  it('ends by itself when nothing that it covered is left', () => {
    const desk = new DeskOnPaper();
    desk.fire('member-filling', 'b').tick(8);
    desk.pass(0, { ...silence, matcher: { rule: 'member-filling' } });
    expect(desk.thread('member-filling').state).toBe('silenced');
    desk.clear('member-filling', 'b').tick(200);
    expect(Object.keys(desk.desk.silences)).toHaveLength(1);
    desk.tick(200);
    expect(desk.desk.silences).toEqual({});
    expect(
      desk.threads.get([...desk.threads.keys()].find((id) => id.includes('silence.ended')) ?? '')?.title,
    ).toContain('nothing that it covers is left');
  });

  it('of labels covers what carries them, and is taken away by a person', () => {
    const desk = new DeskOnPaper();
    desk.pass(0, { ...silence, matcher: { labels: { team: 'storage' } } });
    const [id = ''] = Object.keys(desk.desk.silences);
    desk.fire('disk-full', 'a').fire('member-unwritable', 'a').tick(1);
    const bySilence = [...desk.incidents.values()].map(({ rule, silencedBy }) => [rule, silencedBy]);
    expect(bySilence).toEqual([
      ['disk-full', id],
      ['member-unwritable', undefined],
    ]);
    desk.pass(0, { kind: 'unsilence', pool: 'logs', id, by: 'bob' });
    expect(desk.desk.silences).toEqual({});
    desk.tick(1);
    expect(desk.titles('disk-full').at(-1)).toBe('No longer silenced: it still fires');
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
    const desk = new DeskOnPaper(plan);
    desk.fire('disk-full', 'a').fire('member-filling', 'b', { severity: 'warn' }).tick(8);
    expect(desk.thread('disk-full').places).toEqual(['mail:boss@example.com', 'slack:#log']);
    expect(desk.thread('member-filling').places).toEqual(['slack:#rest']);
  });

  it('in quiet hours only what is severe enough is told; the rest waits for their end', () => {
    // T0 is 2026-11-22 23:43:20 UTC.
    const quiet = { from: 22 * 60, to: 7 * 60, timeZone: 'UTC', lets: ['page'] } as const;
    const desk = new DeskOnPaper({ ...PLAN, quiet });
    desk.fire('member-filling', 'a', { severity: 'warn' }).fire('member-unwritable', 'b').tick(60);
    expect(new Set(desk.shows.map(({ thread }) => thread.split('.')[1]))).toEqual(new Set(['member-unwritable']));
    const morning = Date.parse('2026-11-23T07:00:00Z');
    desk.pass(morning - desk.now - 1_000);
    expect(desk.shows.some(({ thread }) => thread.includes('member-filling'))).toBe(false);
    desk.tick(3);
    expect(desk.shows.some(({ thread }) => thread.includes('member-filling'))).toBe(true);
  });
});

describe('too much at once', () => {
  it('500 findings of 50 rules: as many threads as configured, none lost from the list, one tells of the rest', () => {
    const desk = new DeskOnPaper({ ...PLAN, limit: { max: 20, perMs: 60_000 } });
    for (let second = 0; second < 50; second++) {
      for (let i = 0; i < 10; i++) desk.fire(`rule-${second}`, `m${i}`, { severity: 'warn' });
      desk.tick(1);
    }
    desk.tick(9);
    const shown = new Set(desk.shows.map(({ thread }) => thread));
    expect(shown.size).toBeLessThanOrEqual(10);
    expect(desk.incidents.size).toBe(500);
    const many = desk.thread('many');
    expect(many.title).toMatch(/^Many at once: \d+ incidents of \d+ rules$/);
    const told = new Set([...shown].flatMap((id) => desk.threads.get(id)?.incidents ?? []));
    expect(told.size).toBe(500);
    for (const { rule, target } of [...desk.incidents.values()]) desk.clear(rule, target);
    desk.tick(2);
    expect(desk.thread('many').state).toBe('resolved');
    expect([...desk.incidents.values()].every(({ resolvedAt }) => resolvedAt !== undefined)).toBe(true);
  });
});
