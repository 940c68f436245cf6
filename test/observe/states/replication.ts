/** Replication: too few replicas, and members that are replicas. */

import { freePort } from '../../../lab/free-port.ts';
import type { Stage, State } from './state.ts';

async function followNobody({ admin }: Stage): Promise<void> {
  await admin.replicaof('127.0.0.1', await freePort());
}

async function beMaster({ admin }: Stage): Promise<void> {
  await admin.call('REPLICAOF', 'NO', 'ONE');
}

async function needNone({ admin }: Stage): Promise<void> {
  await admin.config('SET', 'min-replicas-to-write', '0');
}

const needsOne = () => ['--min-replicas-to-write', '1'];

export const REPLICATION: readonly State[] = [
  { name: 'too few replicas', args: needsOne, leave: needNone, pushes: 'NOREPLICAS' },
  {
    name: 'too few replicas, its producers gone',
    args: needsOne,
    leave: needNone,
    pushes: 'NOREPLICAS',
    deserted: true,
  },
  { name: 'a replica', enter: followNobody, leave: beMaster, pushes: 'READONLY' },
  {
    name: 'a replica, replica-read-only no',
    args: () => ['--replica-read-only', 'no'],
    enter: followNobody,
    pushes: 'accepted',
  },
  {
    name: 'a replica without its master, replica-serve-stale-data no',
    args: () => ['--replica-serve-stale-data', 'no', '--replica-read-only', 'no'],
    enter: followNobody,
    leave: beMaster,
    pushes: 'MASTERDOWN',
  },
];
