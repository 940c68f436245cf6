/**
 * How a terminal on the node asks the node process for something when there is no broker: a file in state_dir/inbox, and
 * another file as the answer. Both sides are here.
 */

import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { swapFile } from '../../lib/files/replace-file.ts';
import { messageOf, WeirError } from '../../model/error.ts';

const request = z.object({ action: z.literal('restore'), pool: z.string(), member: z.string(), by: z.string() });
export type LocalRequest = z.infer<typeof request>;

const answer = z.object({ ok: z.boolean(), sentence: z.string() });

const folderIn = (stateDir: string) => join(stateDir, 'inbox');
const LOOK_EVERY_MS = 50;

/** Asks the node process and waits for its sentence. Throws a WeirError with the node's sentence when it refused. */
export async function askNode(stateDir: string, asked: LocalRequest, timeoutMs: number): Promise<string> {
  const folder = folderIn(stateDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, randomUUID());
  await replace(`${path}.request`, asked);
  const deadline = performance.now() + timeoutMs;
  try {
    while (performance.now() < deadline) {
      const text = await readFile(`${path}.answer`, 'utf8').catch(() => undefined);
      if (text !== undefined) {
        const { ok, sentence } = answer.parse(JSON.parse(text));
        if (ok) return sentence;
        throw new WeirError('unverified', sentence);
      }
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    await rm(`${path}.request`, { force: true });
    await rm(`${path}.answer`, { force: true });
  }
  throw new WeirError(
    'unreachable',
    `The node process did not answer within ${timeoutMs / 1_000} s: see its log, or end it and ask again.`,
  );
}

/** Answers what lies in the inbox, once each. Never throws: an inbox that cannot be read is empty. */
export async function serveInbox(stateDir: string, handle: (asked: LocalRequest) => Promise<string>): Promise<void> {
  const folder = folderIn(stateDir);
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((file) => file.endsWith('.request')).sort()) {
    const path = join(folder, name);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    // Who removes the request owns it. The asker removes it too when it stops waiting.
    const mine =
      text !== undefined &&
      (await rm(path)
        .then(() => true)
        .catch(() => false));
    if (!mine) continue;
    const answer = await respond(text, handle);
    await replace(path.replace(/\.request$/, '.answer'), answer).catch(() => undefined);
  }
}

async function respond(
  text: string,
  handle: (asked: LocalRequest) => Promise<string>,
): Promise<z.infer<typeof answer>> {
  try {
    return { ok: true, sentence: await handle(request.parse(JSON.parse(text))) };
  } catch (error) {
    const sentence = error instanceof z.ZodError ? 'The request in the inbox could not be read.' : messageOf(error);
    return { ok: false, sentence };
  }
}

/** A reader sees the whole file or none. */
async function replace(path: string, content: unknown): Promise<void> {
  await swapFile(path, JSON.stringify(content), 0o600);
}
