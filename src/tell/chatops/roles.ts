/** Who may do what from Slack: by user id, or by a user group that Slack says the person is in. Pure. */

import type { Role, Roles } from '../../model/configuration/config.ts';

/** What a role may that has another name: who may change may look. */
const IMPLIED: Readonly<Record<Role, readonly Role[]>> = {
  viewer: ['viewer', 'operator', 'approver'],
  operator: ['operator'],
  approver: ['approver'],
};

/** Ids of the user groups that weir.yaml names. */
export function groupsIn(roles: Roles): string[] {
  return [...new Set(Object.values(roles).flat())].filter((id) => /^S[A-Z0-9]{6,20}$/.test(id));
}

/** undefined: the person may. Else one sentence that says what is missing. */
export function whyNot(role: Role, user: string, groups: readonly string[], roles: Roles): string | undefined {
  if (role === 'viewer' && roles.viewer.length === 0) return undefined;
  const named = IMPLIED[role].flatMap((one) => roles[one]);
  if (named.includes(user) || groups.some((group) => named.includes(group))) return undefined;
  // Approvers are asked by the evaluation too; that nobody is named is said there.
  return `You (${user}) are not named as ${role} in weir.yaml (policy.roles.${role}): nothing was done.`;
}
