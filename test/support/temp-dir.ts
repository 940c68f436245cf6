/** Temporary folders of a test file. */

import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const made: string[] = [];

/** A new, empty folder, by its real path; removed with all that is in it when the last hook of the test file is over. */
export async function tempDir(): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'weir-test-')));
  made.push(path);
  return path;
}

// Registered before any hook of the file, and so run after them. A script that keepalived has started may still be writing.
afterAll(() => Promise.all(made.splice(0).map((path) => rm(path, { recursive: true, force: true, maxRetries: 10 }))));
