/** Does what a person asks for in Slack, or refuses it, by the same code that the terminal uses. */

import type { Redis } from 'ioredis';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import { poolOf } from '../../src/operations/lookup.ts';
import { acknowledge, trust } from '../../src/operations/requests/acknowledge.ts';
import { act } from '../../src/operations/requests/act.ts';
import { answer } from '../../src/operations/requests/answer.ts';
import { failover } from '../../src/operations/requests/failover.ts';
import { pause, resume } from '../../src/operations/requests/hold.ts';
import { maintain } from '../../src/operations/requests/maintenance.ts';
import { endSilence, listSilences, silence } from '../../src/operations/requests/silences.ts';
import { sentence } from '../../src/operations/requests/submit.ts';
import { limitedOf, type Person, termsOf } from '../../src/operations/requests/terms.ts';
import { rulesInForce } from '../../src/operations/rules-in-force.ts';
import { clientsText, readClients } from '../../src/operations/views/clients.ts';
import { readStatus } from '../../src/operations/views/status.ts';
import { storyOf, storyText } from '../../src/operations/views/why.ts';
import { helpText } from '../../src/tell/chatops/help.ts';
import { type Reply, reply, replyTable } from '../../src/tell/chatops/reply.ts';
import { type ChatCommand, roleFor } from '../../src/tell/chatops/wish.ts';
import { formatStatus } from '../../src/tell/terminal/status.ts';

export interface TalkDependencies {
  readonly redis: Redis;
  readonly config: WeirConfig;
  /** Slack's id of the person, and the user groups of weir.yaml that the person is in. */
  readonly by: string;
  readonly groups: readonly string[];
}

/** So many columns fit a message without breaking lines. */
const WIDTH = 76;

type Look = Extract<ChatCommand, { kind: 'help' | 'status' | 'why' | 'rules' | 'clients' | 'silences' }>;

/** Answers a look to the person alone, a change to the channel. @throws WeirError with one sentence. */
export async function grant(wish: ChatCommand, deps: TalkDependencies): Promise<Reply> {
  return isLook(wish) ? look(wish, deps) : reply(await change(wish, deps), 'channel');
}

function isLook(wish: ChatCommand): wish is Look {
  return roleFor(wish) === 'viewer';
}

async function look(wish: Look, { redis, config }: TalkDependencies): Promise<Reply> {
  switch (wish.kind) {
    case 'help':
      return replyTable(helpText(wish.command));
    case 'status':
      return replyTable(await statusText(redis, config, wish.pool));
    case 'why': {
      const { about, rule } = wish;
      return replyTable(storyText(await storyOf(redis, config, { about, rule, count: 2 }), about));
    }
    case 'rules':
      return replyTable(await rulesText(redis));
    case 'clients': {
      const pool = poolOf(config, wish.pool);
      return replyTable(clientsText(pool, await readClients(pool)));
    }
    case 'silences':
      return reply(await listSilences(redis, config));
  }
}

/** @returns what was done, for everybody. */
async function change(
  wish: Exclude<ChatCommand, Look>,
  { redis, config, by, groups }: TalkDependencies,
): Promise<string | string[]> {
  const person: Person = { by, via: 'slack', groups };
  switch (wish.kind) {
    case 'act':
      return sentence(await act(config, { ...wish, ...termsOf(wish, person) }, person)(redis));
    case 'failover':
      return sentence(await failover(config, { ...wish, ...termsOf(wish, person) }, person)(redis));
    case 'maintain': {
      const lines: string[] = [];
      await maintain(config, { ...wish, ...termsOf(wish, person) }, person, (line) => void lines.push(line))(redis);
      return lines;
    }
    case 'pause':
      return pause(config, { ...wish, ...limitedOf(wish, person) }, person)(redis);
    case 'resume':
      return resume(config, wish.scope, person)(redis);
    case 'silence':
      return silence(config, { ...wish, ...limitedOf(wish, person) }, person)(redis);
    case 'unsilence':
      return endSilence(redis, config, wish.id, by);
    case 'ack':
      return acknowledge(redis, config, wish.about, by);
    case 'trust':
      return trust(redis, config, wish.pool, by);
    case 'answer': {
      const { kind: _, ...said } = wish;
      return (await answer(redis, config, said, person)).text;
    }
  }
}

async function statusText(redis: Redis, config: WeirConfig, pool: string | undefined): Promise<string> {
  const only = pool === undefined ? undefined : poolOf(config, pool).name;
  const status = await readStatus(redis, config);
  const pools = status.pools.filter(({ name }) => only === undefined || name === only);
  return formatStatus({ ...status, pools }, { color: false, width: WIDTH, now: status.at });
}

/** @throws WeirError 'rule' where this version cannot use the rules in force. */
async function rulesText(redis: Redis): Promise<string> {
  const inForce = await rulesInForce(redis);
  if (inForce === undefined || inForce.ruleSet.rules.length === 0) return 'No rules are in force yet.';
  const { ruleSet, at } = inForce;
  const lines = ruleSet.rules.map(({ name, severity, mode = 'shadow', steps }) => {
    const does = steps.length === 0 ? 'tells' : `${steps.map(({ action }) => action).join(', then ')} (${mode})`;
    return `${name}: ${severity}, ${does}`;
  });
  return [`${lines.length} rules, in force since ${new Date(at).toISOString()}:`, ...lines].join('\n');
}
