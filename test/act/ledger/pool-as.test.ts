import { describe, expect, it } from 'vitest';
import { followNames, poolAs } from '../../../src/act/ledger/pool-as.ts';
import { EMPTY_POOL, type PoolRecord } from '../../../src/act/ledger/pool-record.ts';
import { poolConfig } from '../../support/pool.ts';

const pool = poolConfig();
const { a, b } = pool.members as Record<'a' | 'b', (typeof pool.members)[string]>;
const leaseSet = { base: 100, leases: [], wasUnlisted: false, reassertedAt: [], contested: false };
const as = poolAs(pool, EMPTY_POOL);
const held: PoolRecord = { ...EMPTY_POOL, holds: { b: leaseSet }, as };

describe('what a lease file says of its pool', () => {
  it('keeps the place of a member that is gone for as long as something is held of it', () => {
    const without = poolConfig({ members: { a } });
    expect(Object.keys(poolAs(without, held).members)).toEqual(['b', 'a']);
    expect(poolAs(without, held).members.b?.address).toBe(b.address);
    expect(Object.keys(poolAs(without, { ...held, holds: {} }).members)).toEqual(['a']);
  });
});

describe('records under the names that weir.yaml has now', () => {
  it('are as they were where nothing was renamed', () => {
    expect(followNames({ logs: held }, { logs: pool })).toEqual({ logs: held });
  });

  it('do not overwrite what is held under the new name', () => {
    const other: PoolRecord = { ...EMPTY_POOL, holds: { a: leaseSet }, as };
    const pools = { logs2: { ...pool, name: 'logs2' } };
    expect(followNames({ logs: held, logs2: other }, pools)).toEqual({ logs: held, logs2: other });
    const members = { a, b2: { ...b, name: 'b2' } };
    const both: PoolRecord = { ...held, holds: { b: leaseSet, b2: { ...leaseSet, base: 40 } } };
    expect(followNames({ logs: both }, { logs: { ...pool, members } }).logs?.holds).toEqual(both.holds);
  });

  it('join what is over under both names: nothing that was acted on is acted on again', () => {
    const end = { result: 'ended', detail: '', member: 'b', at: 1 } as const;
    const old: PoolRecord = { ...held, ended: { old: end }, acted: [{ decision: 'old' }], fence: '9-1' };
    const there: PoolRecord = { ...EMPTY_POOL, ended: { new: end }, acted: [{ decision: 'new' }], fence: '10-1' };
    const joined = followNames({ logs: old, logs2: there }, { logs2: { ...pool, name: 'logs2' } });
    expect(joined).toEqual({
      logs2: {
        ...old,
        ended: { old: end, new: end },
        acted: [{ decision: 'old' }, { decision: 'new' }],
        fence: '10-1',
      },
    });
  });

  it('stay where nobody wrote down how the pool was', () => {
    const { as: _, ...unknown } = held;
    expect(followNames({ logs: unknown }, { logs2: { ...pool, name: 'logs2' } })).toEqual({ logs: unknown });
  });
});
