/** The files that a pattern names, as glob(3) with GLOB_BRACE finds them for an `include` of keepalived.conf. */

import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Sorted for each of its choices in braces. A symbolic link is there even where it leads to nothing. */
export function filesMatching(pattern: string): string[] {
  return withBraces(pattern).flatMap(matching);
}

/** `a{b,{c,d}}e` is `abe`, `ace` and `ade`. */
function withBraces(pattern: string): string[] {
  const open = pattern.search(/(?<!\\)\{/);
  if (open < 0) return [pattern];
  const choices: string[] = [];
  let [depth, from] = [0, open + 1];
  for (let at = open; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === '\\') at += 1;
    else if (char === '{') depth += 1;
    else if (char === '}') depth -= 1;
    if ((char === ',' && depth === 1) || (char === '}' && depth === 0)) {
      choices.push(pattern.slice(from, at));
      from = at + 1;
    }
    if (depth === 0) {
      return choices.flatMap((choice) => withBraces(pattern.slice(0, open) + choice + pattern.slice(from)));
    }
  }
  return [pattern];
}

function matching(pattern: string): string[] {
  const [first = '', ...parts] = pattern.split('/');
  let paths = [first === '' ? '/' : first];
  for (const part of parts.filter((piece) => piece !== '')) {
    const form = wildcard(part);
    paths = paths.flatMap((folder) => {
      if (typeof form === 'string') return [join(folder, form)];
      return namesIn(folder)
        .filter((name) => form.test(asBytes(name)))
        .map((name) => join(folder, name));
    });
  }
  return paths.filter(isThere);
}

function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
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

/** A character for each byte: keepalived sets no locale, so its `?` is one of them. */
function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** A name where there is no wildcard. None stands for the dot at the beginning of a hidden file (glob.7). */
function wildcard(part: string): RegExp | string {
  if (!/(?<!\\)[*?[]/.test(part)) return part.replaceAll(/\\(.)/gs, '$1');
  const body = asBytes(part).replaceAll(/\\.|\*|\?|\[[!^]?\]?[^\]]*\]|[^*?[\\]+|[[\\]/gs, (piece) => {
    if (piece === '*') return '.*';
    if (piece === '?') return '.';
    if (piece.length > 2 && piece.startsWith('[')) {
      const inside = piece.slice(1, -1).replaceAll(/[\\\]]/g, '\\$&');
      return `[${inside.replace(/^[!^]/, '^')}]`;
    }
    return piece.replace(/^\\(?=.)/s, '').replaceAll(/[\\^$.|+(){}[\]*?]/g, '\\$&');
  });
  try {
    return new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${body}$`, 's');
  } catch {
    // `[z-a]` fits nothing.
    return /(?!)/;
  }
}
