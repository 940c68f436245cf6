/** What stands in sentences, and how. Pure. */

import { isIP } from 'node:net';

/** As a word of its own. */
export function names(words: string, one: string): boolean {
  return new RegExp(`(?<![\\w.:-])${one.replaceAll(/[.*+?^$()[\]{}|\\]/g, '\\$&')}(?![\\w-]|[.:][\\w:])`, 'i').test(
    words,
  );
}

/** IPv6 as Node and the kernel write it. */
export function short(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

/** With every IPv6 address in its short form. */
export function withShortAddresses(words: string): string {
  return words.replaceAll(/(?<![\w:.])[\da-f]*:[\da-f:]+(?=[^\w:]|$)/gi, (word) => short(word));
}
