import { mkdir, stat } from 'node:fs/promises';
import { WeirError } from '../../model/error.ts';

const ROOT = 0;

/**
 * Makes the folder in which a process keeps what others must neither read nor change, or sees to it that the one that is
 * there is its own: root's counts too (a volume), and a group that may write only where the process is not root.
 * @throws WeirError 'config' where somebody else could put files there; the kernel's error where it cannot be made.
 */
export async function ensureOwnFolder(path: string, uid = process.getuid?.() ?? ROOT): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const { uid: owner, mode } = await stat(path);
  if (owner !== uid && owner !== ROOT) {
    throw new WeirError(
      'config',
      `state_dir ${path} belongs to user ${owner}, expected ${uid}: chown it, or name another.`,
    );
  }
  const others = uid === ROOT ? 0o022 : 0o002;
  if ((mode & others) === 0) return;
  throw new WeirError(
    'config',
    `state_dir ${path} can be written by others: chmod ${uid === ROOT ? 'go' : 'o'}-w ${path}`,
  );
}
