/** Talks with people in Slack, whether Slack comes here (HTTP) or Weir goes there (Socket Mode). */

import type { Redis } from 'ioredis';
import { within } from '../../src/lib/within.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import { WeirError } from '../../src/model/error.ts';
import { parseClick, parseCommand } from '../../src/tell/chatops/grammar.ts';
import { type Click, isResponseUrl, type Origin, type SlashCommand } from '../../src/tell/chatops/payload.ts';
import { type Reply, reply } from '../../src/tell/chatops/reply.ts';
import { groupsIn, whyNot, whyNotFrom } from '../../src/tell/chatops/roles.ts';
import type { Socket } from '../../src/tell/chatops/socket.ts';
import { roleFor } from '../../src/tell/chatops/wish.ts';
import { postJson } from '../../src/tell/notify/post.ts';
import type { SlackClient } from '../../src/tell/notify/slack/client.ts';
import { grant } from './slack-commands.ts';

export interface TalkingDependencies {
  readonly redis: Redis;
  readonly config: WeirConfig;
  readonly slack?: SlackClient;
  /** Somebody sent what is not taken. */
  onRefused(sentence: string, path: string): void;
  onError(error: unknown, doing: string): void;
}

/** Slack waits 3 s for an answer, and the way there takes some of it. */
const ANSWER_WITHIN_MS = 2_000;

/** Slack is asked again after so long who is in a user group, in ms. */
const GROUPS_KEPT_MS = 300_000;

export interface Talking {
  onCommand(command: SlashCommand): Promise<Reply | undefined>;
  onClick(click: Click): Promise<void>;
}

export function createTalking(deps: TalkingDependencies): Talking {
  const groupsOf = memberships(deps);

  /** Never throws: what went wrong is the answer. */
  async function take(user: string, from: Origin, understood: ReturnType<typeof parseCommand>): Promise<Reply> {
    const stranger = whyNotFrom(from, deps.config.tell.slack ?? {});
    if (stranger !== undefined) {
      deps.onRefused(stranger, `slack: ${user}`);
      return reply(stranger);
    }
    if ('problem' in understood) return reply([understood.problem, '`/weir help` says what there is.']);
    const { redis, config } = deps;
    try {
      const groups = await groupsOf(user);
      const isOfTeam = config.tell.slack?.team !== undefined;
      const no = whyNot(roleFor(understood), { user, groups, isOfTeam }, config.roles);
      if (no !== undefined) {
        deps.onRefused(no, `slack: ${understood.kind}`);
        return reply(no);
      }
      return await grant(understood, { redis, config, by: user, groups });
    } catch (error) {
      if (error instanceof WeirError) return reply(error.message);
      deps.onError(error, 'a command from Slack');
      return reply('That failed, and the log of the worker says why. It is not known whether anything was done.');
    }
  }

  async function finish(responseUrl: string, answer: Reply): Promise<void> {
    const { apiUrl } = deps.config.tell.slack ?? {};
    if (!isResponseUrl(responseUrl, apiUrl)) {
      deps.onRefused('The response URL is not one of Slack.', 'slack');
      return;
    }
    await postJson(answer, { channel: 'slack', url: responseUrl });
  }

  return {
    async onCommand({ user, from, text, responseUrl }) {
      const done = take(user, from, parseCommand(text));
      const answer = await within(done, ANSWER_WITHIN_MS, () => undefined);
      if (answer !== undefined) return answer;
      done
        .then((late) => finish(responseUrl, late))
        .catch((error: unknown) => deps.onError(error, 'an answer to Slack'));
      return reply('Working on it: the answer follows here.');
    },
    async onClick(click) {
      await finish(click.responseUrl, await take(click.user, click.from, parseClick(click)));
    },
  };
}

/** Finds which of the user groups of weir.yaml a person is in. Where Slack does not say, the person is in none. */
function memberships({ slack, config, onError }: TalkingDependencies): (user: string) => Promise<string[]> {
  const cachedGroups = new Map<string, { readonly users: readonly string[]; readonly at: number }>();
  async function usersOf(group: string): Promise<readonly string[]> {
    const cached = cachedGroups.get(group);
    if (cached !== undefined && performance.now() - cached.at < GROUPS_KEPT_MS) return cached.users;
    if (slack === undefined) return [];
    try {
      const { users = [] } = await slack.call(`user group ${group}`, (web) =>
        web.usergroups.users.list({ usergroup: group }),
      );
      cachedGroups.set(group, { users, at: performance.now() });
      return users;
    } catch (error) {
      onError(error, 'a user group of Slack');
      return [];
    }
  }
  return async (user) => {
    const groups = groupsIn(config.roles);
    const members = await Promise.all(groups.map(usersOf));
    return groups.filter((_, i) => members[i]?.includes(user));
  };
}

/** Where weir.yaml has an app token, Weir goes to Slack. */
export async function openSocket(
  { tell: { slack } }: WeirConfig,
  talking: Talking,
  onError: (error: unknown, doing: string) => void,
): Promise<Socket | undefined> {
  if (slack?.appToken === undefined) return undefined;
  const { startSocket } = await import('../../src/tell/chatops/socket.ts');
  const { appToken, apiUrl } = slack;
  return startSocket({ ...talking, appToken, ...(apiUrl !== undefined && { apiUrl }), onError });
}
