import { describe, expect, it } from 'vitest';
import { editionOf } from '../../src/config/edition.ts';
import type { PolicyConfig, PoolConfig } from '../../src/model/configuration/config.ts';
import { POLICY, POLL, poolOf } from '../support/pool.ts';

const secret = (text: string) => ({ reveal: () => text, toJSON: () => text, toString: () => text });
const pool = poolOf(['a', 'b']);
const { a, b } = pool.members as Record<'a' | 'b', PoolConfig['members'][string]>;
const hash = (one: PoolConfig, policy: PolicyConfig = POLICY, poll = POLL) => editionOf(one, policy, poll).hash;
const WINDOW = { schedule: '0 3 * * *', timeZone: 'UTC', forMs: 3_600_000, reason: 'patches' };

describe('the edition of a weir.yaml', () => {
  it.each<[string, PoolConfig, PolicyConfig?]>([
    ['the order of its members', { ...pool, members: { b, a } }],
    ["the interface of a member's node", { ...pool, members: { a: { ...a, interface: 'eth9' }, b } }],
    ['the interface of its VRRP', { ...pool, vrrp: { ...pool.vrrp, interface: 'bond0' } }],
    ['a secret of VRRP', { ...pool, vrrp: { ...pool.vrrp, auth: secret('s3cret') } }],
    ['whom it logs in as', { ...pool, redis: { ...pool.redis, username: 'weir', password: secret('s3cret') } }],
    ['a window of another pool', pool, { ...POLICY, maintenance: [{ ...WINDOW, pool: 'other' }] }],
  ])('does not differ by %s', (_, other, policy) => {
    expect(hash(other, policy)).toBe(hash(pool));
  });

  it.each<[string, PoolConfig, PolicyConfig?]>([
    ['a member less', { ...pool, members: { a } }],
    ['the weight of one', { ...pool, members: { a: { ...a, weight: 40 }, b } }],
    ['the name of one', { ...pool, members: { a, c: { ...b, name: 'c' } } }],
    ['min_serving', { ...pool, minServing: 2 }],
    ['the database of its queues', { ...pool, redis: { ...pool.redis, database: 3 } }],
    ['whether members are asked by a write', { ...pool, redis: { ...pool.redis, probe: 'write' } }],
    ['a consumer', { ...pool, consumers: { 'ls1:9600': 'http://ls1:9600' } }],
    ['the mode', pool, { ...POLICY, mode: 'off' }],
    ['a budget', pool, { ...POLICY, budgets: { ...POLICY.budgets, pool: { max: 1, perMs: 1 } } }],
    ['a window of its own', pool, { ...POLICY, maintenance: [{ ...WINDOW, pool: 'logs' }] }],
    ['a window of every pool', pool, { ...POLICY, maintenance: [WINDOW] }],
  ])('differs by %s', (_, other, policy) => {
    expect(hash(other, policy)).not.toBe(hash(pool));
  });

  it('differs by what is polled when, and says its mode', () => {
    expect(hash(pool, POLICY, { ...POLL, staleAfterMs: 9_000 })).not.toBe(hash(pool));
    expect(editionOf(pool, { ...POLICY, mode: 'approve' }, POLL).mode).toBe('approve');
  });
});
