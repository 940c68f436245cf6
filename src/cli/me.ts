/** Who sits at the terminal, as far as the machine has made sure of it. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Person } from '../operations/requests/terms.ts';

/** What the kernel says of a process that no log-in began (a service, a container). */
const NO_LOGIN = 4_294_967_295;

/** Who asks, as people will read it. */
export function me(): Person {
  return { by: `${terminalUser()}@${hostname()}`, via: 'terminal' };
}

/**
 * The user who logged in, whom sudo and su do not change. The kernel keeps it and only a process that may audit can set it
 * (/proc/self/loginuid; pam_loginuid(8)), while $SUDO_USER is a variable that anybody sets. Without a log-in it is whoever
 * the process runs as.
 */
function terminalUser(): string {
  const own = userInfo();
  const login = loginUid();
  if (login === undefined || login === own.uid) return own.username;
  try {
    return execFileSync('id', ['-nu', '--', String(login)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return `uid-${login}`;
  }
}

/** The uid of the log-in; undefined where there was none, or the kernel does not say. */
function loginUid(): number | undefined {
  try {
    const uid = Number(readFileSync('/proc/self/loginuid', 'utf8'));
    return Number.isInteger(uid) && uid !== NO_LOGIN ? uid : undefined;
  } catch {
    return undefined;
  }
}
