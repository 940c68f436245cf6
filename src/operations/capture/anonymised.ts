/** How a capture writes names and addresses: as they are, or replaced by others. Pure. */

import type { PoolConfig } from '../../model/configuration/config.ts';
import { type Anonymiser, createAnonymiser } from '../../observe/captured/anonymous.ts';
import { withoutSecrets } from '../../observe/captured/dump.ts';

/** How names and addresses stand in the file. */
export interface Anonymised extends Pick<Anonymiser, 'address' | 'text' | 'info' | 'clientList' | 'ipVs'> {
  member(name: string): string;
  queue(name: string): string;
  pool(name: string): string;
  dump(dump: unknown): unknown;
}

const same = (text: string) => text;
export const asItIs: Anonymised = {
  address: same,
  text: same,
  info: same,
  clientList: same,
  ipVs: same,
  member: same,
  queue: same,
  pool: same,
  dump: (dump) => withoutSecrets(dump),
};

export function anonymous(pool: PoolConfig): Anonymised {
  const anonymiser = createAnonymiser();
  anonymiser.address(pool.vip.address);
  const members = Object.values(pool.members);
  for (const { address } of members) anonymiser.address(address);
  const called = new Map(members.map(({ name }, index) => [name, letter(index)]));
  // A name is replaced only after the word for what it is: `a` alone may be any word.
  const words = (text: string) =>
    text.replaceAll(/\b([Mm]ember|[Nn]ode|[Pp]ool) ([a-z\d-]+)/g, (all, what: string, name: string) => {
      const instead = /pool/i.test(what) ? (name === pool.name ? 'pool' : undefined) : called.get(name);
      return instead === undefined ? all : `${what} ${instead}`;
    });
  const text = (all: string) => words(anonymiser.text(all));
  if (pool.redis.username !== undefined) anonymiser.name('user', pool.redis.username);
  for (const queue of pool.queues) anonymiser.name('queue', queue);
  return {
    address: anonymiser.address,
    info: anonymiser.info,
    clientList: anonymiser.clientList,
    ipVs: anonymiser.ipVs,
    text,
    member: (name) => called.get(name) ?? anonymiser.name('member', name),
    queue: (name) => anonymiser.name('queue', name),
    pool: () => 'pool',
    dump: (dump) => withoutSecrets(dump, anonymiser),
  };
}

function letter(index: number): string {
  return index < 26 ? String.fromCharCode(97 + index) : `m${index + 1}`;
}
