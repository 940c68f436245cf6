/** What a worker or a node of the model goes by. */

import { editionOf } from '../../../src/config/edition.ts';
import type { PolicyConfig, PollConfig, PoolConfig, TellPlan } from '../../../src/model/configuration/config.ts';
import type { Edition } from '../../../src/model/configuration/edition.ts';
import type { RuleSet } from '../../../src/model/decisions/rule.ts';

/** What weir.yaml and the rule files say. */
export interface Parts {
  readonly pool: PoolConfig;
  readonly policy: PolicyConfig;
  readonly poll: PollConfig;
  readonly plan: TellPlan;
  readonly ruleSet: RuleSet;
}

/** A worker by its name and file, and what is in that. */
export interface Worker {
  readonly name: string;
  readonly parts: Parts;
}

const editions = new WeakMap<Parts, Edition>();

/** The edition of a weir.yaml with these parts. */
export function editionOfParts(parts: Parts): Edition {
  const edition = editions.get(parts) ?? editionOf(parts.pool, parts.policy, parts.poll);
  editions.set(parts, edition);
  return edition;
}
