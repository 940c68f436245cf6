/** Swaps files for others, and back. The last good ones stay on disk until the new ones are known to be good. */

import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../../lib/files/replace-file.ts';
import { messageOf, WeirError } from '../../model/error.ts';
import type { BuiltFile } from '../render/files.ts';

interface KeptFile {
  readonly path: string;
  /** Absent where there was no such file. */
  readonly text?: string;
  readonly mode: number;
}

const MODE_BITS = 0o7777;
const PRIVATE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** Returns the files whose text or mode differs from what was built. */
export async function differing(files: readonly BuiltFile[]): Promise<BuiltFile[]> {
  const now = await Promise.all(files.map(({ path, mode }) => readKept(path, mode)));
  return files.filter((file, index) => now[index]?.text !== file.text || now[index]?.mode !== file.mode);
}

async function readKept(path: string, mode: number): Promise<KeptFile> {
  try {
    const [text, { mode: modeNow }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return { path, text, mode: modeNow & MODE_BITS };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { path, mode };
    throw new WeirError('system', `${path} cannot be read (${messageOf(error)}), and nothing was changed.`, {
      cause: error,
    });
  }
}

const kept = z.array(z.object({ path: z.string(), text: z.string().exactOptional(), mode: z.number() }));

/** The last good files of a node. Passwords of keepalived.conf are among them, so only the owner reads the folder. */
export interface LastGood {
  /** Files that an interrupted run has kept: what stands in their places is not known to be good. */
  left(): Promise<boolean>;
  /** Keeps files before they are replaced. Those that an interrupted run has kept stay the last good ones. */
  keep(files: readonly BuiltFile[]): Promise<void>;
  putBack(): Promise<void>;
  /** Forgets the kept files, since the new ones are good. */
  forget(): Promise<void>;
}

export function createLastGood(stateDir: string): LastGood {
  const file = join(stateDir, 'last-good.json');

  async function read(): Promise<readonly KeptFile[]> {
    try {
      return kept.parse(JSON.parse(await readFile(file, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      const what = `The last good files (${file}) cannot be read, and nothing was changed: move that file away.`;
      throw new WeirError('system', what, { cause: error });
    }
  }

  return {
    left: async () => (await read()).length > 0,
    async keep(files) {
      const before = await read();
      const knownPaths = new Set(before.map(({ path }) => path));
      const added = files.filter(({ path }) => !knownPaths.has(path)).map(({ path, mode }) => readKept(path, mode));
      const all = [...before, ...(await Promise.all(added))];
      await replaceFile(file, `${JSON.stringify(all)}\n`, PRIVATE, PRIVATE_FOLDER);
    },
    async putBack() {
      for (const { path, text, mode } of await read()) {
        if (text === undefined) await rm(path, { force: true });
        else await replaceFile(path, text, mode);
      }
      await rm(file, { force: true });
    },
    forget: () => rm(file, { force: true }),
  };
}
