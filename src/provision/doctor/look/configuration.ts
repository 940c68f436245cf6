/** Looks at keepalived's configuration: the file, what keepalived says about it, and what the running one has read. */

import { readdir, readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { messageOf } from '../../../model/error.ts';
import { includedFiles } from '../../init/keepalived/files.ts';
import { defaultConfigId } from '../../init/keepalived/reader.ts';
import { parseKeepalived, type Statement } from '../../init/keepalived/syntax.ts';
import type { ConfigurationFacts } from '../facts.ts';
import type { Wanted } from '../wanted.ts';
import { complaintsOf, filesOf, isSame, saysOf } from './conf-text.ts';
import { isForbidden, isMissing, type Note, type ProgramError, type Run } from './parts.ts';

/** Files that Weir made begin with this (system.ts, keepalived-conf.ts); a script has one line before it. */
const MADE_BY_WEIR = /^(?:#!.*\n)?# Made by `weir render /;

/** keepalived's parent keeps a copy of all that it has read, in a memfd (keepalived lib/parser.c). */
const COPY = 'consolidated_configuration';

export interface ConfigurationLook {
  readonly facts: ConfigurationFacts;
  /** The file that keepalived reads, and those that it includes. */
  readonly files: readonly string[];
}

/** @param pid of the running keepalived. */
export async function lookAtConfiguration(
  parts: { readonly run: Run; readonly note: Note },
  wanted: Wanted,
  pid: number | undefined,
): Promise<ConfigurationLook> {
  const { note } = parts;
  const options = pid === undefined ? {} : await optionsOf(pid);
  const path = options.file ?? wanted.layout.keepalivedConf;
  const parse = (text: string) => parseOrNot(path, text, options.configId ?? defaultConfigId(hostname()));
  const copy = pid === undefined ? undefined : await copyOf(pid, note);
  const running = copy === undefined ? undefined : parse(copy);
  const common = { path, stale: await staleFiles(wanted), ...saidIn(running) };

  const text = await readFile(path, 'utf8').catch((error: unknown) => error as NodeJS.ErrnoException);
  if (typeof text !== 'string') {
    if (text.code === 'ENOENT') return { files: [path], facts: { ...common, exists: false } };
    note(`keepalived's configuration ${path}: ${isForbidden(text) ? 'no permission, run it as root' : text.message}.`);
    return { files: [path], facts: common };
  }
  const file = parse(text);
  const tested = await test(parts, path, text);
  if (file === undefined && tested.refusal === '')
    note(`What ${path} says: keepalived takes it, but Weir cannot read it.`);
  const loaded = file !== undefined && running !== undefined ? isSame(file, running) : undefined;
  return {
    files: [...new Set([path, ...filesOf(file ?? [])])],
    facts: {
      ...(running === undefined ? { ...common, ...saidIn(file) } : common),
      exists: true,
      ...tested,
      ...(loaded !== undefined && { loaded }),
    },
  };
}

/** Parses the file; undefined where it is broken, which keepalived's own test tells. */
function parseOrNot(path: string, text: string, configId: string): readonly Statement[] | undefined {
  try {
    return parseKeepalived({ file: path, text }, { include: includedFiles, configId }).conf;
  } catch {
    return undefined;
  }
}

function saidIn(conf: readonly Statement[] | undefined): Pick<ConfigurationFacts, 'says'> {
  try {
    return conf === undefined ? {} : { says: saysOf(conf) };
  } catch {
    return {};
  }
}

/** Returns the options of the running keepalived that decide what it reads. */
async function optionsOf(pid: number): Promise<{ readonly file?: string; readonly configId?: string }> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  const option = (short: string, long: string) => {
    const at = words.findIndex((word) => word === short || word === long || word.startsWith(`${long}=`));
    return at < 0 ? undefined : words[at]?.includes('=') === true ? words[at]?.split('=')[1] : words[at + 1];
  };
  const [file, configId] = [option('-f', '--use-file'), option('-i', '--config-id')];
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '/');
  return { ...(file !== undefined && { file: resolve(folder, file) }), ...(configId !== undefined && { configId }) };
}

async function copyOf(pid: number, note: Note): Promise<string | undefined> {
  const folder = `/proc/${pid}/fd`;
  try {
    for (const name of await readdir(folder)) {
      const at = join(folder, name);
      if ((await readlink(at).catch(() => '')).includes(COPY)) return await readFile(at, 'utf8');
    }
    note('What the running keepalived has read: this keepalived keeps no copy of it.');
  } catch (error) {
    const why = isForbidden(error) ? 'no permission, run it as root' : messageOf(error);
    note(`What the running keepalived has read: ${why}.`);
  }
  return undefined;
}

/** The exit code of a keepalived that takes the file and distrusts a script (lib/scheduler.h, KEEPALIVED_EXIT_SECURITY). */
const SECURITY = 6;

/** Asks keepalived about a file that is there: a missing one passes its test (docs/hazards.md#t14). */
async function test(
  { run, note }: { run: Run; note: Note },
  path: string,
  text: string,
): Promise<Pick<ConfigurationFacts, 'refusal' | 'insecurity'>> {
  try {
    await run('keepalived', ['--config-test', '--log-console', '--use-file', path]);
    return { refusal: '' };
  } catch (error) {
    const { exitCode, stderr = '' } = error as ProgramError;
    if (exitCode === undefined) {
      note(`Whether keepalived takes ${path}: ${isMissing(error) ? 'keepalived is not installed.' : messageOf(error)}`);
      return {};
    }
    const said = complaintsOf(stderr, text) || `exit code ${exitCode}`;
    return exitCode === SECURITY ? { refusal: '', insecurity: said } : { refusal: said };
  }
}

/** Returns the files that Weir made and would make differently now; files of others are left alone. */
async function staleFiles({ files }: Wanted): Promise<string[]> {
  const differ = await Promise.all(
    files.map(async ({ path, text }) => {
      const now = await readFile(path, 'utf8').catch(() => '');
      return now !== text && MADE_BY_WEIR.test(now) ? [path] : [];
    }),
  );
  return differ.flat();
}
