/** Tries what was built before it replaces anything: in its own folder, by the keepalived that will read it. */

import { mkdtemp, rm } from 'node:fs/promises';
import { replaceFile } from '../../lib/files/replace-file.ts';
import { WeirError } from '../../model/error.ts';
import type { Built } from '../render/files.ts';
import type { Layout } from '../render/layout.ts';
import type { Machine } from './machine.ts';

/** Only root writes below this folder: keepalived distrusts scripts elsewhere (docs/hazards.md#t38). */
const CANDIDATES = '/run/weir-candidate-';

/**
 * Builds everything once more for another root, and has keepalived test it there. A missing file is no error to keepalived
 * (docs/hazards.md#t14), so anything that it says counts, also with exit code 0. The table that notify-swap includes on the
 * MASTER is tested as well.
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
    const complaints = (await machine.configTest(layout.keepalivedConf)).trim().replaceAll(`${folder}/`, '/');
    if (complaints === '') return;
    throw new WeirError(
      'config',
      `keepalived refuses what was built, so nothing was changed: ${complaints.split('\n').join('; ')}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
