/**
 * What Weir's user may do on a member: every command that Weir sends there, and nothing more. Key permissions are those
 * of Redis 7 (%R~ reads, %W~ writes): who may LINSERT into the probe's key may not into a queue.
 */

import { didYouMean } from '../../lib/text/did-you-mean.ts';
import type { PoolConfig } from '../../model/configuration/config.ts';
import { WeirError } from '../../model/error.ts';
import { PROBE_KEY } from '../../model/readings/probe-key.ts';

/** What a pool can do without, and what Weir does by it: "Weir <does>". */
export const FEATURES = {
  probe: 'asks with every poll whether a push would be taken',
  consumers: 'counts consumers and lists clients (weir clients)',
  moving: 'moves the producers off a member that is drained',
  settings: 'knows what INFO does not tell (CONFIG GET, which shows requirepass as well)',
  doctor: "looks at a member's settings, role and clock (weir doctor)",
} as const;

export type Feature = keyof typeof FEATURES;

export const ALL_FEATURES = Object.keys(FEATURES) as readonly Feature[];

/** A form of a command that changes nothing. Redis refuses by the ACL before it looks at what is asked (server.c). */
export interface Ask {
  readonly argv: readonly string[];
  /** The rule that lets it have its key. */
  readonly key?: string;
}

/** One command that Weir sends to members. */
export interface Need {
  /** As ACL SETUSER has it, without the +. */
  readonly command: string;
  /** Absent: no Weir can do without. */
  readonly features?: readonly Feature[];
  /** What it is like without it; a sentence. */
  readonly without: string;
  /** None where the pool does not use it. */
  asks(pool: PoolConfig): readonly Ask[];
}

/** In the order in which they are granted. */
const NEEDS: readonly Need[] = [
  {
    command: 'info',
    without: 'Nothing is known of this member, and no rule acts on it.',
    asks: always('INFO', 'server'),
  },
  {
    command: 'llen',
    without: 'Nobody knows how many logs wait in its queues.',
    asks: ({ queues }) => queues.map((queue) => ({ argv: ['LLEN', queue], key: `%R~${asPattern(queue)}` })),
  },
  {
    command: 'select',
    without: 'Nobody knows how many logs wait in its queues.',
    asks: ({ redis }) => (redis.database === undefined ? [] : [{ argv: ['SELECT', String(redis.database)] }]),
  },
  {
    command: 'client|setname',
    without: 'Nobody can tell which of its clients are Weir.',
    asks: always('CLIENT', 'SETNAME', 'weir'),
  },
  {
    command: 'linsert',
    features: ['probe'],
    without: 'Whether it takes pushes is guessed from what INFO tells.',
    asks: () => [{ argv: ['LINSERT', PROBE_KEY, 'BEFORE', '-', '-'], key: `%W~${PROBE_KEY}*` }],
  },
  {
    command: 'client|list',
    features: ['consumers', 'moving', 'doctor'],
    without: 'Nobody sees its consumers, and a drain moves no producers off it.',
    asks: always('CLIENT', 'LIST', 'TYPE', 'normal'),
  },
  {
    command: 'client|kill',
    features: ['moving'],
    without: 'A drain moves no producers off it: those that are connected stay.',
    asks: always('CLIENT', 'KILL', 'ID', '0'),
  },
  {
    command: 'config|get',
    features: ['settings', 'doctor'],
    without: 'A limit or a setting that INFO does not tell is not known.',
    asks: always('CONFIG', 'GET', 'maxmemory'),
  },
  { command: 'role', features: ['doctor'], without: 'The doctor does not look at it.', asks: always('ROLE') },
  { command: 'time', features: ['doctor'], without: 'The doctor does not compare its clock.', asks: always('TIME') },
];

/** Stands for the password: < takes one away, and a user that was reset has none, so that Redis refuses it as it is. */
export const PASSWORD_HERE = '<PASSWORD>';

/** What a pool uses by itself: all that weir.yaml does not switch off. */
export function featuresOf({ redis }: PoolConfig): readonly Feature[] {
  return ALL_FEATURES.filter((feature) => feature !== 'probe' || redis.probe === 'write');
}

/** The commands of these features, and those that no Weir can do without. */
export function needsOf(pool: PoolConfig, features: readonly Feature[]): readonly Need[] {
  return NEEDS.filter((need) => {
    const isUsed = need.features === undefined || need.features.some((feature) => features.includes(feature));
    return isUsed && need.asks(pool).length > 0;
  });
}

/**
 * The rules of the user, as ACL SETUSER takes them (acl.c, since Redis 7.0). Pure.
 * @param password as a rule, `>secret`; Weir itself prints none.
 */
export function aclRules(pool: PoolConfig, features: readonly Feature[], password = PASSWORD_HERE): readonly string[] {
  const needs = needsOf(pool, features);
  const keys = needs.flatMap((need) => need.asks(pool).flatMap(({ key }) => key ?? []));
  return ['reset', 'on', password, ...new Set(keys), ...needs.map(({ command }) => `+${command}`)];
}

/** `probe,moving` to features. @throws WeirError 'usage' at a word that is none. */
export function parseFeatures(words: string): readonly Feature[] {
  const asked = words.split(',').map((word) => word.trim());
  return asked.flatMap((word) => {
    if (word === '') return [];
    if (Object.hasOwn(FEATURES, word)) return [word as Feature];
    const known = `, expected some of ${ALL_FEATURES.join(', ')}`;
    throw new WeirError('usage', `--features: there is no "${word}"${didYouMean(word, ALL_FEATURES) || known}`);
  });
}

function always(...argv: readonly string[]): Need['asks'] {
  return () => [{ argv }];
}

/** Writes one key as a pattern: what a glob would take for more is escaped, and a byte that ends a word is `?`. */
function asPattern(key: string): string {
  return key.replace(/[\\*?[\]]/g, (found) => `\\${found}`).replace(/[\s\p{Cc}"']/gu, anyBytes);
}

function anyBytes(characters: string): string {
  return '?'.repeat(Buffer.byteLength(characters));
}
