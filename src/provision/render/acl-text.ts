/** What `weir acl` prints: the line for redis-cli, and what to do with it. Pure, and without the password. */

import type { PoolConfig } from '../../model/configuration/config.ts';
import { ALL_FEATURES, aclRules, FEATURES, featuresOf, PASSWORD_HERE, parseFeatures } from './acl.ts';

/** The name of Weir's user where weir.yaml has none of its own. */
const USER = 'weir';

export interface AclText {
  readonly line: string;
  /** For people, a sentence or two each. */
  readonly remarks: readonly string[];
}

/**
 * @param words what `--features` has; absent: all that the pool uses.
 * @throws WeirError 'usage' at a word that is no feature.
 */
export function aclText(pool: PoolConfig, words?: string): AclText {
  const features = words === undefined ? featuresOf(pool) : parseFeatures(words);
  const { username = 'default' } = pool.redis;
  // The user of everybody: resetting it would lock the producers out.
  const isEverybodys = username === 'default';
  const user = isEverybodys ? USER : username;
  const left = ALL_FEATURES.filter((feature) => !features.includes(feature));
  return {
    line: ['ACL SETUSER', user, ...aclRules(pool, features)].join(' '),
    remarks: [
      `For redis-cli on each member of ${pool.name} (Redis 7.0 or later), with > and redis.password in the place of ${PASSWORD_HERE}: as it stands Redis refuses it.`,
      'Then ACL SAVE, or CONFIG REWRITE where users stand in redis.conf: else the next start forgets it.',
      ...(isEverybodys
        ? [`${pool.name} logs in as everybody does: give it redis: {username: ${USER}, password: $NAME} in weir.yaml.`]
        : []),
      ...left.map((feature) => `Left out is ${feature}, by which Weir ${FEATURES[feature]}.`),
    ],
  };
}

export const FEATURES_HELP = `
What is optional, all of it unless --features names some ("" for none):
${ALL_FEATURES.map((feature) => `  ${feature.padEnd(10)} ${FEATURES[feature]}`).join('\n')}`;
