/** Looks up names that people write. An error names what there is, or the nearest name. */

import { didYouMean } from '../lib/text/did-you-mean.ts';
import { namesOf, type PoolConfig, type WeirConfig } from '../model/configuration/config.ts';
import { messageOf, WeirError } from '../model/error.ts';
import { type HoldScope, parseScope } from '../model/people/hold.ts';

/** `pool/member`, or only `member` where there is one pool. Throws a usage error that names what exists. */
export function memberOf(config: WeirConfig, text: string): { pool: PoolConfig; member: string } {
  const [first = '', second] = text.split('/');
  const pools = Object.values(config.pools);
  const pool = second === undefined ? (pools.length === 1 ? pools[0] : undefined) : config.pools[first];
  const member = second ?? first;
  if (pool?.members[member] !== undefined) return { pool, member };
  const names = pools.flatMap(({ name, members }) => Object.keys(members).map((member) => `${name}/${member}`));
  throw new WeirError(
    'usage',
    `There is no member ${text}${didYouMean(text, names) || `; ${config.file} has ${names.join(', ')}.`}`,
  );
}

/** The pools that have a member of this name, at least one. Throws a usage error that names what exists. */
export function poolsWith(config: WeirConfig, name: string): PoolConfig[] {
  const all = Object.values(config.pools);
  const pools = all.filter(({ members }) => members[name] !== undefined);
  if (pools.length > 0) return pools;
  const names = [...new Set(all.flatMap(({ members }) => Object.keys(members)))];
  throw new WeirError('usage', `No pool in ${config.file} has a member ${name}; there are ${names.join(', ')}.`);
}

/** As `memberOf`; the error also says what to do about a member that was taken out of weir.yaml. */
export function restorableOf(config: WeirConfig, text: string): { pool: PoolConfig; member: string } {
  try {
    return memberOf(config, text);
  } catch (error) {
    const gone = `The pool holds nothing of a member that is no longer in weir.yaml. A node that still does says so in \`weir status\`: run \`weir restore ${text} --local\` there.`;
    throw new WeirError('usage', `${messageOf(error)} ${gone}`, { cause: error });
  }
}

/** Whether a text is the name of a pool or member: then people mean that, and no id. */
export function isName(config: Pick<WeirConfig, 'pools'>, text: string): boolean {
  return namesOf(config.pools).includes(text);
}

export function poolOf(config: WeirConfig, name: string): PoolConfig {
  const pool = config.pools[name];
  if (pool !== undefined) return pool;
  const names = Object.keys(config.pools);
  const guess = didYouMean(name, names) || `; ${config.file} has ${names.join(', ')}.`;
  throw new WeirError('usage', `There is no pool ${name}${guess}`);
}

/** `pool/member`, `pool/consumer`, a pool, or a member alone where there is one pool. Throws a usage error. */
export function targetOf(config: WeirConfig, about: string): { pool: PoolConfig; target: string } {
  const pools = Object.values(config.pools);
  const named = config.pools[about];
  if (named !== undefined) return { pool: named, target: about };
  const slash = about.indexOf('/');
  const [only] = pools;
  const pool = slash < 0 && only !== undefined && pools.length === 1 ? only : poolOf(config, about.slice(0, slash));
  const target = about.slice(slash + 1);
  const targets = [...Object.keys(pool.members), ...Object.keys(pool.consumers)];
  if (targets.includes(target)) return { pool, target };
  const names = targets.map((name) => `${pool.name}/${name}`);
  const guess = didYouMean(about, names) || `; ${config.file} has ${names.join(', ')}.`;
  throw new WeirError('usage', `There is no member or consumer ${about}${guess}`);
}

export const SCOPE_HELP =
  'all (what is meant when nothing is said), a pool, pool/member, rule:<name> or action:<kind> such as action:drain';

/** The scope, and the pools that it concerns. Throws a usage error that names what exists. */
export function scopeOf(config: WeirConfig, text: string): { scope: HoldScope; pools: string[] } {
  const pools = Object.keys(config.pools);
  if (config.pools[text] !== undefined) return { scope: { kind: 'pool' }, pools: [text] };
  const written = text.startsWith('member:') || text === 'pool' ? undefined : parseScope(text);
  if (written !== undefined) return { scope: written, pools };
  if (/^(rule|action):/.test(text)) throw new WeirError('usage', `${text} is no scope; there are: ${SCOPE_HELP}.`);
  const { pool, member } = memberOf(config, text);
  return { scope: { kind: 'member', name: member }, pools: [pool.name] };
}
