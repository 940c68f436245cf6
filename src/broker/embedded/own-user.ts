/** Whom the embedded broker runs as where Weir is root: who finds a hole in redis-server, or its password, is not root then. */

import { lchownSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The user that the packages of redis-server make. */
const NAME = 'redis';

/** Bits of CAP_CHOWN, CAP_SETGID and CAP_SETUID (linux/capability.h). */
const NEEDED = (1n << 0n) | (1n << 6n) | (1n << 7n);

/** undefined where the process is not root, may not become another user (a container), or there is none to become. */
export function userForBroker(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  if ((BigInt(`0x${effective}`) & NEEDED) !== NEEDED) return undefined;
  const [, , uid, gid] =
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find(([name]) => name === NAME) ?? [];
  const user = { uid: Number(uid), gid: Number(gid) };
  return isMapped('uid_map', user.uid) && isMapped('gid_map', user.gid) ? user : undefined;
}

/** Whether a user namespace knows the id: one of another user often knows root alone (user_namespaces(7)). */
function isMapped(map: string, id: number): boolean {
  const ranges = readFileSync(`/proc/self/${map}`, 'utf8').trim().split('\n');
  return ranges.some((range) => {
    const [first = 0, , count = 0] = range.trim().split(/\s+/).map(Number);
    return id >= first && id < first + count;
  });
}

/** Gives the folder and what is in it to the user; what an older version wrote as root too. @throws the kernel's error. */
export function giveFolder(folder: string, { uid, gid }: User): void {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const path of [folder, ...names.map((name) => join(folder, name))]) lchownSync(path, uid, gid);
}
