/** Disk: snapshots and the append-only file that cannot be written. */

import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../../support/waiting.ts';
import type { Stage, State } from './state.ts';

const inOwnFolder = (dir: string) => ['--dir', dir, '--save', '3600', '1', '--enable-protected-configs', 'yes'];

/** The folder that it saves into is taken away. */
async function failToSave({ admin, dir }: Stage): Promise<void> {
  await rm(dir, { recursive: true });
  await admin.bgsave();
  await untilInfo(admin, 'rdb_last_bgsave_status:err');
}

async function save({ admin, dir }: Stage): Promise<void> {
  await mkdir(dir);
  await admin.config('SET', 'dir', dir);
  await admin.bgsave();
  await untilInfo(admin, 'rdb_last_bgsave_status:ok');
}

async function untilInfo(admin: Stage['admin'], line: string): Promise<void> {
  await until(async () => (await admin.info('persistence')).includes(line), line);
}

export const DISK: readonly State[] = [
  { name: 'its last snapshot failed', args: inOwnFolder, enter: failToSave, leave: save, pushes: 'MISCONF' },
  {
    name: 'its last snapshot failed, its producers gone',
    args: inOwnFolder,
    enter: failToSave,
    leave: save,
    pushes: 'MISCONF',
    deserted: true,
  },
  {
    name: 'its last snapshot failed, stop-writes-on-bgsave-error no',
    args: (dir) => [...inOwnFolder(dir), '--stop-writes-on-bgsave-error', 'no'],
    enter: failToSave,
    pushes: 'accepted',
  },
  {
    name: 'its last snapshot failed, over 128 kinds of errors',
    args: inOwnFolder,
    async enter(stage) {
      const kinds = stage.admin.pipeline();
      for (let kind = 0; kind < 150; kind += 1) kinds.eval(`return redis.error_reply('KIND${kind} of error')`, 0);
      await kinds.exec();
      await failToSave(stage);
    },
    pushes: 'MISCONF',
  },
  {
    name: 'its append-only file cannot be written',
    args: (dir) => ['--dir', dir, '--appendfsync', 'everysec'],
    async enter({ admin, dir }) {
      // What Redis opens for new commands while it writes its first base (aof.c, openNewIncrAofForAppend).
      await mkdir(join(dir, 'appendonlydir'), { recursive: true });
      await symlink('/dev/full', join(dir, 'appendonlydir', 'temp-appendonly.aof.incr'));
      await admin.config('SET', 'appendonly', 'yes');
      await admin.set('anything', 'x');
      await untilInfo(admin, 'aof_last_write_status:err');
    },
    pushes: 'MISCONF',
  },
];
