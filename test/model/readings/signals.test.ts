/** That a name or a type which the catalogue does not have is an error of the compiler, and not `undefined` at night. */

import { expect, expectTypeOf, it } from 'vitest';
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
  // Rules read by any name.
  const byName: readonly Signals[] = [member, pool];

  for (const [index, kind] of (['member', 'pool'] as const).entries()) {
    expect(Object.keys(SIGNALS[kind])).toEqual(expect.arrayContaining(Object.keys(byName[index] ?? {})));
  }
});

it('has a type that is wrong where the name or the kind of value is', () => {
  // No such signal.
  expectTypeOf<MemberSignals>().not.toHaveProperty('writeable');
  // A word of directors.
  expectTypeOf<MemberSignals>().not.toHaveProperty('state');
  expectTypeOf<MemberSignals['weight']>().toEqualTypeOf<number | undefined>();
  // Unknown is an absent field.
  expectTypeOf<{ priority: undefined }>().not.toExtend<DirectorSignals>();
});
