/** keepalived.conf and what it includes, read from the disk: the only part of the reader that touches it. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { messageOf, WeirError } from '../model/error.ts';
import type { SourceFile } from './keepalived-lines.ts';

/** @throws WeirError 'config' when it is not there or may not be read. */
export function readKeepalivedConf(file: string): SourceFile {
  try {
    return { file, text: readFileSync(file, 'utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT'
        ? 'it is not there: name the configuration that keepalived runs with --from'
        : code === 'EACCES'
          ? 'no permission: it holds a password, so run this as root'
          : messageOf(error);
    throw new WeirError('config', `${file} cannot be read: ${why}.`, { cause: error });
  }
}

/** What an `include` of `file` names: relative to it, with wildcards and braces as glob(3) has them, sorted. */
export function includedFiles(pattern: string, file: string): SourceFile[] {
  return withBraces(pattern)
    .flatMap((one) => matching(isAbsolute(one) ? one : join(dirname(file), one)))
    .map(readKeepalivedConf);
}

/** `a{b,c}d` is `abd` and `acd`. */
function withBraces(pattern: string): string[] {
  const [whole, before = '', choices = '', after = ''] = /^(.*?)\{([^{}]*)\}(.*)$/.exec(pattern) ?? [];
  if (whole === undefined) return [pattern];
  return choices.split(',').flatMap((choice) => withBraces(before + choice + after));
}

function matching(pattern: string): string[] {
  const [first = '', ...parts] = pattern.split('/');
  let paths = [first === '' ? '/' : first];
  for (const part of parts.filter((one) => one !== '')) {
    if (/[*?[]/.test(part)) {
      const form = wildcard(part);
      paths = paths.flatMap((folder) =>
        namesIn(folder)
          .filter((name) => form?.test(name))
          .map((name) => join(folder, name)),
      );
    } else {
      paths = paths.map((folder) => join(folder, part));
    }
  }
  return paths.filter(isFile);
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** No wildcard stands for the dot at the beginning of a hidden file (glob.7). undefined: `[z-a]` fits nothing. */
function wildcard(part: string): RegExp | undefined {
  const body = part.replaceAll(/\*|\?|\[!?[^\]]+\]|[^*?[]+|\[/g, (piece) => {
    if (piece === '*') return '.*';
    if (piece === '?') return '.';
    if (piece.length > 2 && piece.startsWith('[')) return piece.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return piece.replaceAll(/[\\^$.|+(){}[\]]/g, '\\$&');
  });
  try {
    return new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${body}$`, 's');
  } catch {
    return undefined;
  }
}

/** The text of a notify program; undefined when it cannot be read, or is none of text. */
export function readProgram(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
