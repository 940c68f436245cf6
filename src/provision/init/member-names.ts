/** Finds names and priorities for the servers of an existing pool. Pure. */

import { isIP } from 'node:net';

/** As weir.yaml takes it (src/config/values.ts): a name becomes a key, a queue and an argument. */
const NAME = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

export interface Names {
  readonly nameOf: ReadonlyMap<string, string>;
  /** Whether /etc/hosts knew all of them. */
  readonly areHostNames: boolean;
}

/**
 * One name for each address: those of /etc/hosts when it has one for every server, else a, b, c, ... in the order of the
 * file, IPv6 addresses counted for themselves: the same servers have both.
 * @param own names that are known anyway: this server's.
 */
export function namesFor(addresses: readonly string[], hosts: string, own: ReadonlyMap<string, string>): Names {
  const nameOf = new Map([...namesInHosts(hosts), ...own]);
  const wanted = [...new Set(addresses)];
  const given = wanted.map((address) => nameOf.get(address));
  const isDistinct = [4, 6].every((family) => {
    const names = given.filter((_, index) => isIP(wanted[index] as string) === family);
    return new Set(names).size === names.length;
  });
  if (isDistinct && given.every((name) => name !== undefined && NAME.test(name))) {
    return { nameOf: new Map(wanted.map((address, index) => [address, given[index] as string])), areHostNames: true };
  }
  const lettered = [4, 6].flatMap((family) =>
    wanted.filter((address) => isIP(address) === family).map((address, index) => [address, letter(index)] as const),
  );
  return { nameOf: new Map(lettered), areHostNames: false };
}

function letter(index: number): string {
  return LETTERS[index] ?? `node-${index + 1}`;
}

/** Returns the short name of each address: the first one in its line. */
function namesInHosts(hosts: string): [string, string][] {
  return hosts.split('\n').flatMap((line): [string, string][] => {
    const [address = '', name] = line.replace(/#.*/, '').trim().split(/\s+/);
    return isIP(address) === 0 || name === undefined ? [] : [[address.toLowerCase(), shortName(name)]];
  });
}

export function shortName(host: string): string {
  return (host.split('.')[0] as string).toLowerCase();
}

export interface Priority {
  readonly value: number;
  /** Only a server's own stands in its keepalived.conf. */
  readonly isGuessed: boolean;
}

/**
 * The own priority where it belongs, and for the others one next to it, below for who starts as MASTER. They must differ,
 * and be from 1 to 254.
 * @param ownIndex of this server among them; -1 when it is none of them: then all are guessed.
 */
export function prioritiesOf(count: number, ownIndex: number, own: number, othersAreLower: boolean): Priority[] {
  const first = Math.min(own, 254);
  const below = Array.from({ length: first - 1 }, (_, index) => first - 1 - index);
  const above = Array.from({ length: 254 - first }, (_, index) => first + 1 + index);
  const others = othersAreLower ? [...below, ...above] : [...above, ...below];
  const holder = Math.max(ownIndex, 0);
  return Array.from({ length: count }, (_, index) =>
    index === holder
      ? { value: first, isGuessed: ownIndex < 0 || own > 254 }
      : { value: others[index < holder ? index : index - 1] ?? first, isGuessed: true },
  );
}
