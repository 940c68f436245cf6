/** The rules that ship, with a fraction of their waits: what they wait for is held by the tests beside them. */

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isScalar, parseDocument, visit } from 'yaml';
import { ROOT } from '../../../lab/paths.ts';
import { parseDuration } from '../../../src/model/duration.ts';
import { tempDir } from '../../support/temp-dir.ts';

const FRACTION = 4;
const WAITS: readonly unknown[] = ['for', 'keep_firing_for'];

/** Writes them into a folder of their own, without their tests, and gives its path. Whoever calls removes it. */
export async function hastyRules(): Promise<string> {
  const from = join(ROOT, 'rules');
  const to = await tempDir();
  const files = (await readdir(from)).filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'));
  await Promise.all(
    files.map(async (name) => writeFile(join(to, name), hasten(await readFile(join(from, name), 'utf8')))),
  );
  return to;
}

function hasten(text: string): string {
  const document = parseDocument(text);
  visit(document, {
    Pair(_, { key, value }) {
      if (!isScalar(key) || !WAITS.includes(key.value) || !isScalar(value)) return;
      const waitMs = parseDuration(String(value.value));
      if (waitMs !== undefined) value.value = `${Math.ceil(waitMs / FRACTION)}ms`;
    },
  });
  return document.toString();
}
