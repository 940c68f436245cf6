/**
 * Replaces the addresses and names that tell whose pool it is. The same thing gets the same replacement everywhere: in
 * INFO, CLIENT LIST, the LVS table and the dump. Pure.
 */

import { isIP, isIPv6 } from 'node:net';
import { shortAddress } from '../../lib/ip-address.ts';

export interface Anonymiser {
  /** Replaces a whole address; every spelling of it has the same replacement. */
  address(text: string): string;
  /** Replaces every address and every name that was replaced before, within a text. */
  text(text: string): string;
  info(text: string): string;
  clientList(text: string): string;
  /** /proc/net/ip_vs: addresses are hex there. */
  ipVs(text: string): string;
  /** Replaces a name: `name('user', 'ann')` is `user-1` each time. */
  name(kind: string, text: string): string;
}

/** Names that everybody has: Redis and Weir give them themselves. */
const EVERYBODYS: ReadonlySet<string> = new Set(['', 'default', 'weir', '(superuser)', 'logstash']);

/** Two ways to find words in a text: the name of a queue has colons in it, other names end at one. */
const WORDS = [/[^\s'"(),]+/g, /[^\s'"(),:;=|[\]{}]+/g];

/** What is given in place of addresses and names. */
type Replacements = Pick<Anonymiser, 'address' | 'name'> & {
  /** The replacement of a name that was given one before. */
  knownName(text: string): string | undefined;
};

export function createAnonymiser(): Anonymiser {
  const given = createReplacements();
  const text = (all: string) => textWith(given, all);
  return {
    address: given.address,
    name: given.name,
    text,
    info: (all) =>
      all
        .split('\n')
        .map((line) => infoLineWithEnd(given, line))
        .join('\n'),
    clientList: (all) =>
      all
        .split('\n')
        .map((line) => clientLine(given, line))
        .join('\n'),
    ipVs: (all) =>
      text(
        all.replace(/\b([0-9A-F]{8})(:[0-9A-F]{4})\b/gi, (_, hex, port) => hexOf(given.address(dotted(hex))) + port),
      ),
  };
}

/** Remembers what was given, so that the same thing has the same replacement everywhere. */
function createReplacements(): Replacements {
  const addresses = new Map<string, string>();
  /** Replacements: a text may be gone over twice, and these stay. */
  const given = new Set<string>();
  const names = new Map<string, string>();
  const counts = new Map<string, number>();

  function counted(kind: string): number {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count;
  }

  return {
    address(text) {
      if (isIP(text) === 0 || isNobodys(text) || given.has(text)) return text;
      const same = shortAddress(text);
      const before = addresses.get(same);
      if (before !== undefined) return before;
      const kind = isIPv6(same) ? 'IPv6' : 'IPv4';
      const made = madeAddress(counted(kind), kind === 'IPv6');
      given.add(made);
      addresses.set(same, made);
      return made;
    },
    name(kind, text) {
      if (EVERYBODYS.has(text)) return text;
      const before = names.get(text);
      if (before !== undefined) return before;
      const made = `${kind}-${counted(kind)}`;
      names.set(text, made);
      return made;
    },
    knownName: (text) => names.get(text),
  };
}

function textWith(given: Replacements, all: string): string {
  const withoutAddresses = all
    .replace(/(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)/g, given.address)
    .replace(/(?<![\w:.])[\da-fA-F]{0,4}:[\da-fA-F:.]*:[\da-fA-F.]*/g, given.address);
  // A name of one or two characters may be any word, so it stays.
  const nameOf = (word: string) => (word.length < 3 ? word : (given.knownName(word) ?? word));
  return WORDS.reduce((text, words) => text.replace(words, nameOf), withoutAddresses);
}

function infoLineWithEnd(given: Replacements, line: string): string {
  return line.endsWith('\r') ? `${infoLine(given, line.slice(0, -1))}\r` : infoLine(given, line);
}

function infoLine(given: Replacements, line: string): string {
  const [, field = '', value = ''] = /^([^:]+):(.*)$/.exec(line) ?? [];
  if (field === '' || /_version$|^os$|^gcc_version$/.test(field)) return line;
  if (/^(executable|config_file)$/.test(field)) return `${field}:${value === '' ? '' : '[path]'}`;
  if (/(^|_)(host|hostname|zone|server_name)$/.test(field)) return `${field}:${host(given, value)}`;
  const parts = value.replace(/(^|,)((?:ip|host|hostname|address)=)([^,]*)/g, (_, comma, key, place) => {
    return `${comma}${key}${host(given, place)}`;
  });
  const named = parts.replace(/(^|,)name=([^,]*)/g, (_, comma, name) => `${comma}name=${given.name('name', name)}`);
  return `${field}:${textWith(given, named).replace(/(^|[=, ])\/[^\s,]+/g, '$1[path]')}`;
}

/** Replaces an address or the name of a host, and keeps the port. */
function host(given: Replacements, value: string): string {
  const [, only = value, port = ''] = /^(.*?)(:\d+)?$/.exec(value) ?? [];
  if (isIP(value) !== 0 || value === '') return given.address(value);
  return (isIP(only) === 0 ? given.name('host', only) : given.address(only)) + port;
}

function clientLine(given: Replacements, line: string): string {
  return line.replace(/(^| )(addr|laddr|name|user|lib-name)=(\S*)/g, (_, blank, field, value: string) => {
    return `${blank}${field}=${clientField(given, field, value)}`;
  });
}

function clientField(given: Replacements, field: string, value: string): string {
  if (field === 'name') return given.name('client', value);
  if (field === 'user') return given.name('user', value);
  // An application adds its own words to the name of its library, in brackets.
  if (field === 'lib-name') return value.replace(/\(.*\)/, '');
  if (value.startsWith('/')) return '/[path]:0';
  const [, where = '', port = ''] = /^(.*)(:\d+)$/.exec(value) ?? [undefined, value, ''];
  const made = given.address(where.replace(/^\[|\]$/g, ''));
  return `${made.includes(':') ? `[${made}]` : made}${port}`;
}

/** Loopback and "any" tell nothing about anybody. */
function isNobodys(address: string): boolean {
  return /^(127\.|0\.0\.0\.0$)/.test(address) || ['::', '::1'].includes(shortAddress(address));
}

/** Replacements come from 198.18.0.0/15 (RFC 2544) and 2001:db8::/32 (RFC 3849): nobody has these, and they are many. */
function madeAddress(count: number, v6: boolean): string {
  if (v6) return `2001:db8::${count.toString(16)}`;
  return `198.${18 + ((count >> 16) & 1)}.${(count >> 8) & 255}.${count & 255}`;
}

function dotted(hex: string): string {
  return (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join('.');
}

function hexOf(address: string): string {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return bytes.join('').toUpperCase();
}
