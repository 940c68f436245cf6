/** Who is behind a decision or a lease: `rule:<name>` or `person:<who>`, as it is stored. */

const RULE = 'rule:';
const PERSON = 'person:';

export function ruleOwner(rule: string): string {
  return `${RULE}${rule}`;
}

/** @param who as the person is known where they asked (`root@bastion`, `U012AB3CD`). */
export function personOwner(who: string): string {
  return `${PERSON}${who}`;
}

/** The name of the rule; undefined for an owner that is none. */
export function ruleOf(owner: string): string | undefined {
  return owner.startsWith(RULE) ? owner.slice(RULE.length) : undefined;
}

/** Who the person is; undefined for an owner that is none. */
export function personOf(owner: string): string | undefined {
  return owner.startsWith(PERSON) ? owner.slice(PERSON.length) : undefined;
}

/** The owner for people: `rule member-unwritable`, `ann`. */
export function ownerText(owner: string): string {
  const rule = ruleOf(owner);
  return rule === undefined ? (personOf(owner) ?? owner) : `rule ${rule}`;
}
