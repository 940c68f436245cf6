/**
 * The pack of rules that ships. It is accepted when the program is built, so that a worker that starts with it does not run its
 * tests again: they take seconds of a processor, in which nobody evaluates.
 */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { besideProgram } from '../lib/files/package-folder.ts';
import { WeirError } from '../model/error.ts';
import { judge } from '../rails/index.ts';
import { readTexts } from '../rules/files/folder.ts';
import { checkFolder, digestOf, type FolderTexts } from '../rules/testing/accept-folder.ts';
import type { RunParts } from '../rules/testing/simulate.ts';
import { messageOfEvent } from './messages.ts';

/** What rules are tested with: what runs in earnest. */
export const TESTED_WITH: Omit<RunParts, 'ruleSet'> = {
  judge,
  titleOf: (event, pool, at) => messageOfEvent(event, pool, at)?.title,
};

/**
 * Beside the built program: the digest of the pack, nothing else. Whoever builds it writes it (rolldown.config.mjs).
 * @public
 */
export const ACCEPTED_FILE = 'accepted-pack';

/** The rules of a folder and the tests beside them. @throws WeirError 'rule' as readTexts does */
export async function readFolderTexts(folder: string): Promise<FolderTexts> {
  // One after the other: where the folder is gone the sentence is always the same.
  const rules = await readTexts([folder], 'rules');
  return { rules, tests: await readTexts([folder], 'tests') };
}

/**
 * Runs the tests of the pack and gives its digest, for whoever builds the program (rolldown.config.mjs).
 * @throws WeirError 'rule' with every fault
 * @public
 */
export async function acceptPack(folder: string): Promise<string> {
  const texts = await readFolderTexts(folder);
  const checked = await checkFolder(texts, TESTED_WITH);
  if (!checked.ok) throw new WeirError('rule', checked.faults.join('\n'));
  return digestOf(texts);
}

/** The digest of the pack that this program was built with; undefined where it was built without one. */
export async function acceptedPack(): Promise<string | undefined> {
  const file = besideProgram(ACCEPTED_FILE);
  return existsSync(file) ? (await readFile(file, 'utf8')).trim() : undefined;
}
