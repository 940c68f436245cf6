/** Tells which configuration a running keepalived has, from its command line and its copy of what it has read. Pure. */

import { resolve } from 'node:path';

/** The file that keepalived reads by default (keepalived(8)). */
const USUAL_FILE = '/etc/keepalived/keepalived.conf';

/** Options of one letter without a value may stand before it in one word: `-nlf file` (keepalived core/main.c). */
const IN_ONE_WORD = /^(?:--use-file=|-[nldDPCIVXRmMgG]*f)(.+)$/;
const BEFORE_IT = /^(?:--use-file|-[nldDPCIVXRmMgG]*f)$/;

/** @param cmdline of /proc: words that end in NUL. @param cwd of the process. */
export function confFileIn(cmdline: string, cwd: string): string {
  const words = cmdline.split('\0');
  for (const [index, word] of words.entries()) {
    const value = BEFORE_IT.test(word) ? words[index + 1] : IN_ONE_WORD.exec(word)?.[1];
    if (value !== undefined) return resolve(cwd, value);
  }
  return USUAL_FILE;
}

/**
 * Whether keepalived's copy was made of this text. The copy has no indents and no comments, and the text of `included`
 * stands where the line was that includes it.
 */
export function isCopyOf(copy: string, conf: string, included: string): boolean {
  const wanted = linesOf(conf).flatMap((line) => (line.startsWith('include ') ? linesOf(included) : [line]));
  return linesOf(copy).join('\n') === wanted.join('\n');
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[#!]/.test(line));
}
