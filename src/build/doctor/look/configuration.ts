/** keepalived's configuration: the file, what keepalived says of it, and what the running one has read. */

import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf } from '../../../model/error.ts';
import type { ConfigurationFacts } from '../facts.ts';
import type { Wanted } from '../wanted.ts';
import { complaintsOf, filesIn, isSame, saysOf } from './conf-text.ts';
import { isForbidden, isMissing, type Note, type ProgramError, type Run } from './parts.ts';

/** Begins what Weir made (system.ts, keepalived-conf.ts); a script has a line before it. */
const MADE_BY_WEIR = /^(?:#!.*\n)?# Made by `weir render /;

/** What the parent keeps of all that it has read: a memfd, written anew at every reload (keepalived lib/parser.c). */
const COPY = 'consolidated_configuration';

export interface ConfigurationLook {
  readonly facts: ConfigurationFacts;
  /** The files that keepalived has read; at least the one that it would. */
  readonly files: readonly string[];
}

/** @param pid of the running keepalived. */
export async function lookAtConfiguration(
  parts: { readonly run: Run; readonly note: Note },
  wanted: Wanted,
  pid: number | undefined,
): Promise<ConfigurationLook> {
  const { note } = parts;
  const path = (pid === undefined ? undefined : await pathOf(pid)) ?? wanted.layout.keepalivedConf;
  const stale = await staleFiles(wanted);
  const file = await readFile(path, 'utf8').catch((error: unknown) => error as NodeJS.ErrnoException);
  const running = pid === undefined ? undefined : await copyOf(pid, note);
  const files = running === undefined ? [path] : [...new Set([path, ...filesIn(running.text)])];
  const says = running?.text ?? (typeof file === 'string' ? file : undefined);
  const common = { path, stale, ...(says !== undefined && { says: saysOf(says) }) };
  if (typeof file !== 'string') {
    if (file.code === 'ENOENT') return { files, facts: { ...common, exists: false } };
    note(`keepalived's configuration ${path}: ${isForbidden(file) ? 'no permission, run it as root' : file.message}.`);
    return { files, facts: common };
  }
  const refusal = await test(parts, path, file);
  const loaded = running && (isSame(running.text, file) ?? (await isOlder(files, running.readAtMs)));
  return {
    files,
    facts: {
      ...common,
      exists: true,
      ...(refusal !== undefined && { refusal }),
      ...(loaded !== undefined && { loaded }),
    },
  };
}

/** The file of the running keepalived: its option -f, or where it looks without. */
async function pathOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const words = text.split('\0');
  for (const [index, word] of words.entries()) {
    const value =
      word === '-f' || word === '--use-file' ? words[index + 1] : /^(?:--use-file=|-f)(.+)$/.exec(word)?.[1];
    if (value !== undefined) return resolve(await readlink(`/proc/${pid}/cwd`).catch(() => '/'), value);
  }
  return undefined;
}

interface Copy {
  readonly text: string;
  readonly readAtMs: number;
}

async function copyOf(pid: number, note: Note): Promise<Copy | undefined> {
  const folder = `/proc/${pid}/fd`;
  try {
    for (const name of await readdir(folder)) {
      const at = join(folder, name);
      if (!(await readlink(at).catch(() => '')).includes(COPY)) continue;
      const [text, { mtimeMs }] = await Promise.all([readFile(at, 'utf8'), stat(at)]);
      return { text, readAtMs: mtimeMs };
    }
    note('What the running keepalived has read: this keepalived keeps no copy of it.');
  } catch (error) {
    const why = isForbidden(error) ? 'no permission, run it as root' : messageOf(error);
    note(`What the running keepalived has read: ${why}.`);
  }
  return undefined;
}

async function isOlder(files: readonly string[], readAtMs: number): Promise<boolean> {
  const times = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
  return times.every((found) => found !== undefined && found.mtimeMs <= readAtMs);
}

/** A missing file passes keepalived's test (T14), so it is asked about one that is there only. */
async function test({ run, note }: { run: Run; note: Note }, path: string, file: string): Promise<string | undefined> {
  try {
    await run('keepalived', ['--config-test', '--log-console', '--use-file', path]);
    return '';
  } catch (error) {
    const { exitCode, stderr = '' } = error as ProgramError;
    if (exitCode !== undefined) return complaintsOf(stderr, file) || `exit code ${exitCode}`;
    note(`Whether keepalived takes ${path}: ${isMissing(error) ? 'keepalived is not installed.' : messageOf(error)}`);
    return undefined;
  }
}

/** A file that somebody else made is nobody's business here. */
async function staleFiles({ files }: Wanted): Promise<string[]> {
  const differ = await Promise.all(
    files.map(async ({ path, text }) => {
      const now = await readFile(path, 'utf8').catch(() => '');
      return now !== text && MADE_BY_WEIR.test(now) ? [path] : [];
    }),
  );
  return differ.flat();
}
