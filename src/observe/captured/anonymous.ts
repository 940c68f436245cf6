/**
 * Addresses and names that tell whose pool it is, replaced so that what belongs together still does: the same address is
 * the same everywhere, in INFO, CLIENT LIST, the LVS table and the dump. Pure.
 */

import { isIP, isIPv6 } from 'node:net';
import { shortAddress } from '../../lib/ip-address.ts';

export interface Anonymiser {
  /** A whole address, another spelling of it alike. */
  address(text: string): string;
  /** Every address and every known name within a text. */
  text(text: string): string;
  info(text: string): string;
  clientList(text: string): string;
  /** /proc/net/ip_vs: addresses are hex there. */
  ipVs(text: string): string;
  /** The same name for the same thing: `name('user', 'ann')` is `user-1`. */
  name(kind: string, text: string): string;
}

/** Names that Redis and Weir give themselves. */
const EVERYBODYS: ReadonlySet<string> = new Set(['', 'default', 'weir', '(superuser)', 'logstash']);

/** What may be a name within a text: a queue's has colons. */
const WORDS = [/[^\s'"(),]+/g, /[^\s'"(),:;=|[\]{}]+/g];

export function createAnonymiser(): Anonymiser {
  const addresses = new Map<string, string>();
  /** What was given already: a text may be gone over twice. */
  const given = new Set<string>();
  const names = new Map<string, string>();
  const counts = new Map<string, number>();

  function address(text: string): string {
    if (isIP(text) === 0 || isNobodys(text) || given.has(text)) return text;
    const same = shortAddress(text);
    const known = addresses.get(same);
    if (known !== undefined) return known;
    const kind = isIPv6(same) ? 'IPv6' : 'IPv4';
    const made = madeAddress(counted(kind), kind === 'IPv6');
    given.add(made);
    addresses.set(same, made);
    return made;
  }

  function name(kind: string, text: string): string {
    if (EVERYBODYS.has(text)) return text;
    const known = names.get(text);
    if (known !== undefined) return known;
    const made = `${kind}-${counted(kind)}`;
    names.set(text, made);
    return made;
  }

  function counted(kind: string): number {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count;
  }

  function text(all: string): string {
    const withoutAddresses = all
      .replace(/(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)/g, address)
      .replace(/(?<![\w:.])[\da-fA-F]{0,4}:[\da-fA-F:.]*:[\da-fA-F.]*/g, address);
    return WORDS.reduce((known, words) => known.replace(words, nameOf), withoutAddresses);
  }

  /** A name of one or two characters may be any word. */
  function nameOf(word: string): string {
    return word.length < 3 ? word : (names.get(word) ?? word);
  }

  function infoLine(line: string): string {
    const [, field = '', value = ''] = /^([^:]+):(.*)$/.exec(line) ?? [];
    if (field === '' || /_version$|^os$|^gcc_version$/.test(field)) return line;
    if (/^(executable|config_file)$/.test(field)) return `${field}:${value === '' ? '' : '[path]'}`;
    if (/(^|_)(host|hostname|zone|server_name)$/.test(field)) return `${field}:${host(value)}`;
    const parts = value.replace(/(^|,)((?:ip|host|hostname|address)=)([^,]*)/g, (_, comma, key, one) => {
      return `${comma}${key}${host(one)}`;
    });
    const named = parts.replace(/(^|,)name=([^,]*)/g, (_, comma, one) => `${comma}name=${name('name', one)}`);
    return `${field}:${text(named).replace(/(^|[=, ])\/[^\s,]+/g, '$1[path]')}`;
  }

  /** An address, or a name of a host. */
  function host(value: string): string {
    const [, only = value, port = ''] = /^(.*?)(:\d+)?$/.exec(value) ?? [];
    if (isIP(value) !== 0 || value === '') return address(value);
    return (isIP(only) === 0 ? name('host', only) : address(only)) + port;
  }

  function client(line: string): string {
    return line.replace(/(^| )(addr|laddr|name|user|lib-name)=(\S*)/g, (_, blank, field, value: string) => {
      return `${blank}${field}=${clientField(field, value)}`;
    });
  }

  function clientField(field: string, value: string): string {
    if (field === 'name') return name('client', value);
    if (field === 'user') return name('user', value);
    // What an application adds to the name of its library stands in brackets.
    if (field === 'lib-name') return value.replace(/\(.*\)/, '');
    if (value.startsWith('/')) return '/[path]:0';
    const [, where = '', port = ''] = /^(.*)(:\d+)$/.exec(value) ?? [undefined, value, ''];
    const bare = where.replace(/^\[|\]$/g, '');
    const made = address(bare);
    return `${made.includes(':') ? `[${made}]` : made}${port}`;
  }

  return {
    address,
    text,
    name,
    info: (all) => all.split('\n').map(infoLineWithEnd).join('\n'),
    clientList: (all) => all.split('\n').map(client).join('\n'),
    ipVs: (all) =>
      text(all.replace(/\b([0-9A-F]{8})(:[0-9A-F]{4})\b/gi, (_, hex, port) => hexOf(address(dotted(hex))) + port)),
  };

  function infoLineWithEnd(line: string): string {
    return line.endsWith('\r') ? `${infoLine(line.slice(0, -1))}\r` : infoLine(line);
  }
}

/** Loopback and "any" are nobody's. */
function isNobodys(address: string): boolean {
  return /^(127\.|0\.0\.0\.0$)/.test(address) || ['::', '::1'].includes(shortAddress(address));
}

/** Of 198.18.0.0/15 (RFC 2544) and 2001:db8::/32 (RFC 3849): nobody has these, and there are enough of them. */
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
