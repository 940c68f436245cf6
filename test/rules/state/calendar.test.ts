import { describe, expect, it } from 'vitest';
import { calendarAhead } from '../../../src/rules/state/calendar.ts';
import { sweepOf } from '../../support/pool.ts';
import { START, world } from '../../support/world.ts';

const DAY = 86_400_000;
const sweeps = (...said: number[]) => said.map((calendarMs) => ({ calendarMs }));

describe('the calendar is the middle of what machines say', () => {
  it.each([
    ['they agree with broker time within 5 s', 3_000, sweeps(-4_000, 4_999), 0],
    ['one node is a day ahead', 20, sweeps(DAY, 10), 0],
    ['the worker is a day ahead', DAY, sweeps(0, 10), 0],
    ['broker time is a day behind', DAY + 300, sweeps(DAY, DAY + 20), DAY],
    ['broker time is two minutes ahead', -120_000, sweeps(-120_004, -119_990), -120_000],
    ['two differ: the one that is nearer to broker time', undefined, sweeps(-DAY, 2_000), 0],
    ['the same, the other way', undefined, sweeps(2_000, DAY), 0],
    ['one says something', undefined, sweeps(-DAY), -DAY],
  ])('%s', (_, tick, said, expected) => {
    expect(calendarAhead(0, tick, said)).toBe(expected);
  });

  it('stays where nobody says anything, as sweeps of an earlier version do not', () => {
    expect(calendarAhead(DAY, undefined, [{}, {}])).toBe(DAY);
  });
});

it('is in the state from tick to tick, and gone from it when it is broker time again', () => {
  const one = world([]);
  one.fold(0, { kind: 'tick', pool: 'logs', calendarMs: -120_000 });
  expect(one.state.calendarMs).toBe(-120_000);
  one.fold(100, { ...sweepOf('a', START + 100), calendarMs: -120_010 });
  one.fold(200, { ...sweepOf('b', START + 200), calendarMs: -119_990 });
  one.fold(1_000, { kind: 'tick', pool: 'logs', calendarMs: DAY });
  expect(one.state.calendarMs).toBe(-120_000);
  one.fold(6_000, { kind: 'tick', pool: 'logs', calendarMs: 12 });
  expect(one.state).not.toHaveProperty('calendarMs');
});
