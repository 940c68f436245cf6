/** The user of the embedded broker where Weir is root: a hole in redis-server, or its password, then makes nobody root. */

import { lchownSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
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

/**
 * Gives a folder of root's, and what is in it, to the user: what an older version wrote as root too. Once it is theirs root does
 * nothing in it any more, for they may have put links there to what is not theirs. @throws the kernel's error.
 */
export function giveFolder(folder: string, user: User): void {
  if (lstatSync(folder).uid !== user.uid) give(folder, user);
}

/** The folder itself comes last: one that was given in part is given again. No link is walked through. */
function give(path: string, user: User): void {
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) give(join(path, name), user);
  lchownSync(path, user.uid, user.gid);
}
