/** keepalived.conf and what it includes, read from the disk: the only part of the reader that touches it. */

import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { messageOf, WeirError } from '../../../model/error.ts';
import { filesMatching } from './glob.ts';
import { printable } from './lines.ts';
import type { SkippedFile, SourceFile } from './reader.ts';

const NOT_THERE = 'it is not there';
const WHY_MISSING: Readonly<Record<string, string>> = {
  ENOENT: NOT_THERE,
  ENOTDIR: 'it is not there: what should be a folder of it is a file',
  ELOOP: 'it is a symbolic link that leads back to itself',
  ENXIO: 'it is a socket, and keepalived reads regular files',
};

/** The largest that people have is a hundredth of it. */
const MAX_BYTES = 32 * 1024 * 1024;

/** @throws WeirError 'config' when it is not there, may not be read, or is a file that keepalived does not read. */
export function readKeepalivedConf(file: string): SourceFile {
  const content = read(file);
  if ('text' in content) return content;
  const remedy = content.skipped === NOT_THERE ? ': name the configuration that keepalived runs with --from' : '';
  throw new WeirError('config', printable(`${file} cannot be read: ${content.skipped}${remedy}.`));
}

/** What an `include` of `file` names: relative to it, as glob(3) has it, with what keepalived skips of that. */
export function includedFiles(pattern: string, file: string): (SourceFile | SkippedFile)[] {
  return filesMatching(isAbsolute(pattern) ? pattern : join(escaped(dirname(file)), pattern)).map(read);
}

/** For a folder that has such characters in its own name. */
function escaped(folder: string): string {
  return folder.replaceAll(/[\\*?[{}]/g, '\\$&');
}

function read(file: string): SourceFile | SkippedFile {
  try {
    return withFile(file, (descriptor, stats) => {
      const skipped = whyNot(stats);
      if (skipped !== undefined) return { file, skipped };
      return { file, text: textOf(file, readFileSync(descriptor)), folder: realpathSync(dirname(file)) };
    });
  } catch (error) {
    if (error instanceof WeirError) throw error;
    const skipped = WHY_MISSING[(error as NodeJS.ErrnoException).code ?? ''];
    if (skipped !== undefined) return { file, skipped };
    const isForbidden = (error as NodeJS.ErrnoException).code === 'EACCES';
    const why = isForbidden ? 'no permission: it holds a password, so run this as root' : messageOf(error);
    throw new WeirError('config', printable(`${file} cannot be read: ${why}.`), { cause: error });
  }
}

/** A named pipe is not waited for (open.2). */
function withFile<Result>(path: string, use: (descriptor: number, stats: Stats) => Result): Result {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    return use(descriptor, fstatSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

/** Source: keepalived 2.2.7, lib/parser.c, check_glob_file(). */
function whyNot(stats: Stats): string | undefined {
  if (stats.isDirectory()) return 'it is a directory, and keepalived reads files';
  if (!stats.isFile()) return 'it is no regular file, and keepalived reads no other';
  if ((stats.mode & 0o111) !== 0) return 'it is executable, and keepalived skips such a file: chmod a-x makes it read';
  if (stats.size > MAX_BYTES) return `it has ${stats.size} bytes, more than ${MAX_BYTES}`;
  return undefined;
}

function textOf(file: string, bytes: Buffer): string {
  const [first, second] = bytes;
  const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isMarked || (bytes.length > 1 && (first === 0) !== (second === 0))) {
    throw new WeirError(
      'config',
      printable(`${file}:1:1 this is UTF-16, which keepalived does not read, expected UTF-8`),
    );
  }
  return bytes.toString('utf8');
}

/** The text of a notify program; undefined when it cannot be read, or is none of text. */
export function readProgram(path: string): string | undefined {
  try {
    return withFile(path, (descriptor, stats) => (stats.isFile() ? readFileSync(descriptor, 'utf8') : undefined));
  } catch {
    return undefined;
  }
}
