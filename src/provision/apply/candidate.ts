/** What was built is tried before it replaces anything: in a folder of its own, by the keepalived that will read it. */

import { mkdtemp, rm } from 'node:fs/promises';
import { replaceFile } from '../../lib/files/replace-file.ts';
import { WeirError } from '../../model/error.ts';
import type { Built } from '../render/files.ts';
import type { Layout } from '../render/layout.ts';
import type { Machine } from './machine.ts';

/** Below it, only root writes: keepalived distrusts scripts elsewhere (T38). */
const CANDIDATES = '/run/weir-candidate-';

/**
 * Builds it once more for another root, and tests it there. A file that is not there is no error to keepalived (T14), and
 * so whatever it says counts, with exit code 0 too. The table that notify-swap includes on the MASTER is tested with it.
 * @throws WeirError 'config' when keepalived refuses it.
 */
export async function testCandidate(
  buildBelow: (root: string) => readonly [Built, Layout],
  machine: Machine,
): Promise<void> {
  const folder = await mkdtemp(CANDIDATES);
  try {
    const [{ files }, layout] = buildBelow(folder);
    for (const { path, text, mode } of files) {
      await replaceFile(path, text, mode);
      if (path === layout.tableOnMaster) await replaceFile(layout.table, text, mode);
    }
    const said = (await machine.configTest(layout.keepalivedConf)).trim().replaceAll(`${folder}/`, '/');
    if (said === '') return;
    throw new WeirError(
      'config',
      `keepalived refuses what was built, so nothing was changed: ${said.split('\n').join('; ')}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
