/** That a name or a type which the catalogue does not have is an error of the compiler, and not `undefined` at night. */

import { expect, it } from 'vitest';
import {
  type DirectorSignals,
  type MemberSignals,
  type PoolSignals,
  SIGNALS,
  type Signals,
} from '../../../src/model/readings/signals.ts';

it('has a type for each signal that code reads by name', () => {
  const member: MemberSignals = { writable: true, weight: 100, refusal: '' };
  const pool: PoolSignals = { vrrp: 'OK', masters: 1, master_fresh: true };
  // @ts-expect-error no such signal
  const misspelt = member.writeable;
  // @ts-expect-error it is a number
  const compared = member.weight === '100';
  // @ts-expect-error a word of directors
  const elsewhere = member.state;
  // @ts-expect-error unknown is an absent field
  const unknown: DirectorSignals = { priority: undefined };
  // Rules read by any name.
  const byName: readonly Signals[] = [member, pool];

  expect([misspelt, compared, elsewhere, unknown.priority]).toEqual([undefined, false, undefined, undefined]);
  for (const [index, kind] of (['member', 'pool'] as const).entries()) {
    expect(Object.keys(SIGNALS[kind])).toEqual(expect.arrayContaining(Object.keys(byName[index] ?? {})));
  }
});
