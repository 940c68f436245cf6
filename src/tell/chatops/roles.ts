/** Who may do what from Slack: from which workspace, app and channel, and by user id or user group. Pure. */

import type { Role, Roles, SlackConfig } from '../../model/configuration/config.ts';
import type { Origin } from './payload.ts';

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

type Places = Pick<SlackConfig, 'team' | 'app' | 'channels'>;

/** Whether it comes from where weir.yaml lets people speak. undefined: yes. Else one sentence that names the key. */
export function whyNotFrom({ team, app, channel }: Origin, places: Places): string | undefined {
  if (places.team !== undefined && team !== places.team) {
    return `You are of another workspace (${team || 'unknown'}) than weir.yaml names (tell.slack.team): nothing was done.`;
  }
  if (places.app !== undefined && app !== places.app) {
    return `This is of another app (${app || 'unknown'}) than weir.yaml names (tell.slack.app): nothing was done.`;
  }
  if (places.channels !== undefined && !places.channels.includes(channel)) {
    return `Weir takes nothing from this channel (${channel || 'unknown'}), it is not in tell.slack.channels of weir.yaml: nothing was done.`;
  }
  return undefined;
}

export interface Asker {
  readonly user: string;
  /** User groups of weir.yaml that the person is in. */
  readonly groups: readonly string[];
  /** Whether weir.yaml says which workspace people are of. */
  readonly isOfTeam: boolean;
}

/** undefined: the person may. Else one sentence that says what is missing. */
export function whyNot(role: Role, { user, groups, isOfTeam }: Asker, roles: Roles): string | undefined {
  const isOpen = role === 'viewer' && roles.viewer.length === 0;
  if (isOpen && isOfTeam) return undefined;
  const named = IMPLIED[role].flatMap((implied) => roles[implied]);
  if (named.includes(user) || groups.some((group) => named.includes(group))) return undefined;
  // A shared channel has people of other companies, and Weir names producers by their addresses.
  if (isOpen) {
    return `weir.yaml names neither your workspace (tell.slack.team) nor you (${user}, policy.roles.viewer): nothing is shown.`;
  }
  // Approvers are asked by the evaluation too; that nobody is named is said there.
  return `You (${user}) are not named as ${role} in weir.yaml (policy.roles.${role}): nothing was done.`;
}
