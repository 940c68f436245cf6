import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileFact } from '../facts.ts';

/**
 * Who may write these files, and the folders above them: whoever writes in a folder replaces what is in it. One that
 * is not there is left out.
 */
export async function readFiles(files: readonly string[], ofRoot: readonly string[]): Promise<FileFact[]> {
  const own = [...new Set([...files, ...ofRoot])];
  const above = [...new Set(own.flatMap(foldersAbove))].filter((folder) => !own.includes(folder));
  const all = await Promise.all([...own, ...above].map((path) => readFact(path, ofRoot.includes(path))));
  return all.filter((fact) => fact !== undefined);
}

async function readFact(path: string, ofRoot: boolean): Promise<FileFact | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) return undefined;
  const { uid, gid } = stats;
  return { path, mode: stats.mode & 0o7777, uid, gid, folder: stats.isDirectory(), ofRoot };
}

function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...foldersAbove(folder)];
}
