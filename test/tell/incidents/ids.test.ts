/** What incidents are called: short, counted, and by no name that something else has. */

import { describe, expect, it } from 'vitest';
import type { Incident } from '../../../src/model/people/incident.ts';
import { STOPS } from '../../../src/model/people/thread.ts';
import type { IncidentState } from '../../../src/tell/incidents/state.ts';
import { DeskOnPaper, decisionOf, PLAN, T0 } from './fixture.ts';

const stored = (incidentState: IncidentState): IncidentState =>
  JSON.parse(JSON.stringify(incidentState)) as IncidentState;

describe('the id of an incident', () => {
  it('is the pool and a number that grows, also from one worker to the next, and is no decision', () => {
    const incidentState = new DeskOnPaper();
    incidentState
      .fire('member-unwritable', 'b')
      .decide(decisionOf({ id: `${T0}-0.member-unwritable.b` }))
      .tick(8);
    incidentState.clear('member-unwritable', 'b').tick(3_600);
    expect(incidentState.desk.incidents).toEqual({});
    incidentState.desk = stored(incidentState.desk);
    incidentState.fire('member-unwritable', 'b').fire('disk-full', 'a').tick(8);
    expect([...incidentState.incidents.keys()]).toEqual(['logs-1', 'logs-2', 'logs-3']);
    expect(incidentState.thread('disk-full').id).toBe('logs-3');
  });

  it('of too many at once has a number of its own', () => {
    const incidentState = new DeskOnPaper({ ...PLAN, limit: { max: 4, perMs: 60_000 } });
    for (let i = 0; i < 4; i++) incidentState.fire(`rule-${i}`, 'a');
    incidentState.tick(8);
    expect(incidentState.thread('many').id).toMatch(/^logs-\d+$/);
    expect(incidentState.incidents.has(incidentState.thread('many').id)).toBe(false);
  });

  it('is no name of weir.yaml: a pool may be called logs-1, a member logs-2', () => {
    const incidentState = new DeskOnPaper({ ...PLAN, names: ['logs', 'logs-1', 'logs-2'] });
    incidentState.fire('member-unwritable', 'b').tick(1);
    expect([...incidentState.incidents.keys()]).toEqual(['logs-3']);
  });

  it('of the version before still names its incident: acknowledged, and not opened again under a new one', () => {
    const incidentState = new DeskOnPaper();
    incidentState.fire('member-unwritable', 'b').tick(8);
    incidentState.desk = beforeNumbers(incidentState.desk);
    const long = `${T0}-0.member-unwritable.b`;
    expect(Object.keys(incidentState.desk.incidents)).toEqual([long]);
    // Said again, as when a cause that muted it is gone.
    const finding = incidentState.findings['member-unwritable/b'];
    if (finding === undefined) throw new Error('it fires');
    incidentState.refire(finding).tick(1);
    expect(Object.keys(incidentState.desk.incidents)).toEqual([long]);
    incidentState.pass(0, { kind: 'ack', pool: 'logs', by: 'ann', incident: long });
    expect(incidentState.desk.threads[long]).toMatchObject({ state: 'acked', acked: { by: 'ann' } });
    incidentState.fire('disk-full', 'a').tick(1);
    expect(Object.keys(incidentState.desk.incidents)).toEqual([long, 'logs-1']);
  });

  it("is what an ack is about: a request is nobody's to take on", () => {
    const incidentState = new DeskOnPaper();
    const asked = decisionOf({ id: `${T0}-1.request.a`, rule: 'request', target: 'a', by: 'person:ann' });
    incidentState.decide(asked).tick(1);
    incidentState.pass(0, { kind: 'ack', pool: 'logs', by: 'ann', incident: asked.id });
    expect(incidentState.thread('request').acked).toBeUndefined();
  });
});

describe('the button that lets rules act again', () => {
  it.each(STOPS)('stands where %s was what refused, until somebody pressed it or the rails say otherwise', (rail) => {
    const incidentState = new DeskOnPaper();
    const no = { rail, pass: false, sentence: 'no', figures: {} };
    const refused = decisionOf({ verdict: 'refuse', state: 'closed', rails: [no] });
    incidentState.fire('member-unwritable', 'b').decide(refused).tick(1);
    expect(incidentState.thread('member-unwritable').stopped).toBe(rail);
    const { revision } = incidentState.thread('member-unwritable');
    incidentState.pass(1_000, { kind: 'ack', pool: 'logs', by: 'ann' });
    expect(incidentState.thread('member-unwritable').stopped).toBeUndefined();
    expect(incidentState.thread('member-unwritable').acked).toBeUndefined();
    expect(incidentState.thread('member-unwritable').revision).toBeGreaterThan(revision);
    incidentState.decide(refused).tick(1);
    incidentState.decide(decisionOf({ id: `${T0}-8.member-unwritable.b`, rails: [{ ...no, pass: true }] })).tick(1);
    expect(incidentState.thread('member-unwritable').stopped).toBeUndefined();
  });

  it('stands nowhere else', () => {
    const incidentState = new DeskOnPaper();
    const no = { rail: 'capacity', pass: false, sentence: 'no', figures: {} };
    incidentState
      .fire('member-unwritable', 'b')
      .decide(decisionOf({ verdict: 'refuse', state: 'closed', rails: [no] }))
      .tick(1);
    expect(incidentState.thread('member-unwritable').stopped).toBeUndefined();
  });
});

/** The desk as the version before had it: no number, ids of episode, rule and target. */
function beforeNumbers(incidentState: IncidentState): IncidentState {
  const { lastNumber: _, ...rest } = stored(incidentState);
  const long = new Map(
    Object.values(rest.incidents).map(({ id, episode, rule, target }) => [id, `${episode}.${rule}.${target}`]),
  );
  const named = (id: string) => long.get(id) ?? id;
  const renamed = <T>(all: Readonly<Record<string, T>>, change: (one: T) => T) =>
    Object.fromEntries(Object.entries(all).map(([id, one]) => [named(id), change(one)]));
  return {
    ...rest,
    incidents: renamed(rest.incidents, ({ episode: __, ...one }: Incident) => ({
      ...one,
      id: named(one.id),
      thread: named(one.thread),
    })),
    threads: renamed(rest.threads, (one) => ({ ...one, id: named(one.id), incidents: one.incidents.map(named) })),
    timers: renamed(rest.timers, (one) => one),
  };
}
