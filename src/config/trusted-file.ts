/** Whose weir.yaml root goes by: what stands in it becomes files and arguments of root's programs. */

import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { WeirError } from '../model/error.ts';

const ROOT = 0;
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * For a process of root. The file behind a link is looked at, and the folder it is in: whoever may write there may put
 * another file in its place. In a sticky folder (/tmp) they may not.
 * @throws WeirError 'config' where somebody else could have written it, with the command that mends it.
 */
export function checkRootsOwn(file: string): void {
  const real = realpathSync(file);
  const folder = dirname(real);
  for (const path of [real, folder]) {
    const { uid, mode } = statSync(path);
    const isShared = (mode & WRITABLE_BY_OTHERS) !== 0 && !(path === folder && (mode & STICKY) !== 0);
    if (uid === ROOT && !isShared) continue;
    const is = uid === ROOT ? 'can be written by others than root' : `belongs to user ${uid}`;
    throw new WeirError(
      'config',
      `${path} ${is}, and root would do what they write into ${path === folder ? 'it' : 'this file'}: chown root:root ${path}; chmod go-w ${path}`,
    );
  }
}
