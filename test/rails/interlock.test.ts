import { describe, expect, it } from 'vitest';
import { type HandoverRequest, planHandover } from '../../src/model/decisions/handover.ts';
import type { Signals } from '../../src/model/readings/signals.ts';

const MASTER: Signals = { state: 'MASTER', vip: true, priority: 254, nopreempt: true, handover: 0 };
const BACKUP: Signals = {
  state: 'BACKUP',
  vip: false,
  priority: 250,
  nopreempt: true,
  handover: 0,
  adverts_received_rate: 5,
};
const MEMBERS = { a: { writable: true }, b: { writable: true }, c: { writable: true } };

function plan(
  wish: Partial<HandoverRequest> = {},
  changes: { a?: Signals; b?: Signals; c?: Signals } = {},
  members: Record<string, Signals> = MEMBERS,
) {
  const third = changes.c && { c: { ...BACKUP, priority: 240, ...changes.c } };
  const directors = { a: { ...MASTER, ...changes.a }, b: { ...BACKUP, ...changes.b }, ...third };
  return planHandover({ target: 'a', ...wish }, directors, members);
}

describe('the plan of a failover', () => {
  it('is hard with nopreempt, and holds nothing', () => {
    expect(plan()).toEqual({ to: 'b', way: 'hard', value: -254 });
  });

  it('is soft where the peer preempts, one below its priority', () => {
    expect(plan({}, { b: { nopreempt: false } })).toEqual({ to: 'b', way: 'soft', value: -5 });
    expect(plan({ way: 'hard' }, { b: { nopreempt: false } })).toEqual({ to: 'b', way: 'hard', value: -254 });
  });

  it('keeps the VIP away where the node itself would take it back', () => {
    expect(plan({}, { a: { nopreempt: false } })).toEqual({ to: 'b', way: 'hard', value: -254, holdMs: 3_600_000 });
    expect(plan({ holdMs: 60_000 })).toMatchObject({ holdMs: 60_000 });
  });

  it('of three nodes goes to the one with the highest priority', () => {
    expect(plan({}, { c: { priority: 252 } })).toMatchObject({ to: 'c' });
    expect(plan({ to: 'c' }, { c: { priority: 252 } })).toMatchObject({ to: 'c' });
  });

  it('keeps a BACKUP off where another node is MASTER', () => {
    const away = plan({ holdMs: 60_000 }, { a: BACKUP, b: { state: 'MASTER', vip: true } });
    expect(away).toEqual({ to: 'b', way: 'soft', value: -249, holdMs: 60_000 });
  });
});

describe('there is no plan', () => {
  const without = (signals: Signals, name: string) =>
    Object.fromEntries(Object.entries(signals).filter(([one]) => one !== name)) as Signals;
  it.each<[string, () => ReturnType<typeof plan>, RegExp]>([
    ['for a node that is not heard', () => planHandover({ target: 'x' }, { a: MASTER }, MEMBERS), /x is not heard/],
    [
      'without a handover file',
      () => planHandover({ target: 'a' }, { a: without(MASTER, 'handover') }, MEMBERS),
      /no handover file/,
    ],
    ['while this node is held already', () => plan({}, { a: { handover: -254 } }), /file of a says -254 already/],
    ['while the other node is held', () => plan({}, { b: { handover: -5 } }), /file of b says -5 already/],
    ['for a BACKUP', () => plan({}, { a: BACKUP }), /a is BACKUP and not MASTER/],
    [
      'for a BACKUP that shall be kept off without a MASTER',
      () => plan({ holdMs: 1 }, { a: BACKUP }),
      /could not help/,
    ],
    ['with two MASTERs', () => plan({}, { b: { state: 'MASTER', vip: true } }), /b has the VIP too/],
    ['with an orphan VIP', () => plan({}, { b: { state: 'ORPHAN', vip: true } }), /b has the VIP too/],
    ['when the peer is in FAULT', () => plan({}, { b: { state: 'FAULT' } }), /No other node is BACKUP \(b is FAULT\)/],
    ['when the peer is not heard', () => planHandover({ target: 'a' }, { a: MASTER }, MEMBERS), /none is heard/],
    ['when the peer hears no adverts', () => plan({}, { b: { adverts_received_rate: 0 } }), /hear the adverts of a/],
    [
      'when it is not known whether it does',
      () => planHandover({ target: 'a' }, { a: MASTER, b: without(BACKUP, 'adverts_received_rate') }, MEMBERS),
      /hear the adverts/,
    ],
    ['when its Redis takes no writes', () => plan({}, {}, { b: { writable: false } }), /Redis of b/],
    ['when nobody knows whether it does', () => plan({}, {}, {}), /Redis of b is not known/],
    [
      'to a node that would not take it',
      () => plan({ to: 'c' }, { c: {} }),
      /b has the highest priority \(250\).* not to c/,
    ],
    ['softly against nopreempt', () => plan({ way: 'soft' }), /b has nopreempt.*--hard/],
    [
      'softly below priority 1',
      () => plan({ way: 'soft' }, { b: { nopreempt: false, priority: 1 } }),
      /no priority below/,
    ],
  ])('%s', (_, made, sentence) => {
    expect(made()).toMatch(sentence);
  });
});
