/** Memory: full under each policy, and full for big pushes only. */

import { QUEUE, type Stage, type State } from './state.ts';

/** Pushes this much, and sets the limit well below what is used then. */
async function overfill({ admin }: Stage): Promise<void> {
  await admin.rpush(QUEUE, ...Array.from({ length: 40 }, () => 'x'.repeat(50_000)));
  await admin.config('SET', 'maxmemory', '2mb');
}

async function makeRoom({ admin }: Stage): Promise<void> {
  await admin.ltrim(QUEUE, 0, 0);
  await admin.config('SET', 'maxmemory', '64mb');
}

const policy = (name: string) => () => ['--maxmemory-policy', name];

const refusing = ['noeviction', 'volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl'];
const evicting = ['allkeys-lru', 'allkeys-lfu', 'allkeys-random'];

export const MEMORY: readonly State[] = [
  { name: 'healthy', pushes: 'accepted' },
  ...refusing.map(
    (name): State => ({
      name: `full, ${name}`,
      args: policy(name),
      enter: overfill,
      leave: makeRoom,
      pushes: 'OOM',
    }),
  ),
  ...evicting.map(
    (name): State => ({ name: `full, ${name}`, args: policy(name), enter: overfill, pushes: 'accepted' }),
  ),
  {
    name: 'full, volatile-lru, keys that expire',
    args: policy('volatile-lru'),
    async enter({ admin }) {
      const pipeline = admin.pipeline();
      for (let key = 0; key < 1_000; key += 1) pipeline.set(`key-${key}`, 'x'.repeat(5_000), 'EX', 3_600);
      await pipeline.exec();
      await admin.config('SET', 'maxmemory', '4mb');
    },
    pushes: 'accepted',
  },
  {
    name: 'full, volatile-lru, its producers gone',
    args: policy('volatile-lru'),
    enter: overfill,
    leave: makeRoom,
    pushes: 'OOM',
    deserted: true,
  },
  {
    name: 'full for bulks of 3 MB alone',
    args: () => ['--maxmemory', '8mb'],
    async enter({ admin }) {
      for (let count = 0; count < 5; count += 1) await admin.rpush(QUEUE, 'x'.repeat(1_000_000));
    },
    leave: makeRoom,
    pushes: 'OOM',
    producer: { itemBytes: 3_000_000 },
  },
];
