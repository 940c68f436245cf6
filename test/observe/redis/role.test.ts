import { describe, expect, it } from 'vitest';
import { parseInfo } from '../../../src/observe/redis/info.ts';
import { isReadOnly } from '../../../src/observe/redis/role.ts';
import { afterPolls } from '../member/member-polls.ts';

describe('a role', () => {
  it.each([
    ['Redis’ master', 'role:master', false],
    ['Redis’ replica', 'role:slave\nslave_read_only:1', true],
    ['a replica that was cut off there', 'role:slave', true],
    ['a replica with replica-read-only no', 'role:slave\nslave_read_only:0', false],
    ['Dragonfly’s replica', 'role:replica\nmaster_link_status:up', true],
    ['KeyDB’s replica that takes writes', 'role:active-replica\nMaster 0: \nslave_read_only:0', false],
    ['KeyDB’s replica that does not', 'role:active-replica\nMaster 0: \nslave_read_only:1', true],
    ['a word that nobody knows', 'role:loader', undefined],
    ['no role', 'redis_version:7.0.15', undefined],
  ])('of %s: %j', (_, text, expected) => {
    expect(isReadOnly(parseInfo(text))).toBe(expected);
  });

  it('is told in the server’s own word, and refuses by what it means', () => {
    expect(afterPolls([{ info: { role: 'replica' } }])).toMatchObject({ role: 'replica', refusal: 'READONLY' });
    expect(afterPolls([{ info: { role: 'active-replica', slave_read_only: 0 } }])).toMatchObject({
      role: 'active-replica',
      writable: true,
    });
  });

  it('and a policy that are empty are not known', () => {
    const signals = afterPolls([{ info: { role: '', maxmemory_policy: '' } }]);

    expect(['role', 'maxmemory_policy'].filter((name) => name in signals)).toEqual([]);
  });
});
