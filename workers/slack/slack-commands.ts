/** What a person wants from Slack is done, or refused: each wish by the same code that the terminal uses. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { readAgreed } from '../../src/broker/rules.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import type { Decision } from '../../src/model/decisions/decision.ts';
import { formatDuration } from '../../src/model/duration.ts';
import type { Request } from '../../src/model/entries/requests.ts';
import { WeirError } from '../../src/model/error.ts';
import { decisionId } from '../../src/model/ids.ts';
import { scopeInWords } from '../../src/model/people/hold.ts';
import { memberOf, poolOf, scopeOf } from '../../src/operations/lookup.ts';
import { acknowledge, trust } from '../../src/operations/requests/acknowledge.ts';
import { beginMaintenance, endMaintenance } from '../../src/operations/requests/maintenance.ts';
import { toRestore } from '../../src/operations/requests/restorable.ts';
import { sayAndWait } from '../../src/operations/requests/say.ts';
import { endSilence, listSilences, silence } from '../../src/operations/requests/silences.ts';
import { answerAndWait, askAndWait, awaitDecision, sentence } from '../../src/operations/requests/submit.ts';
import { clientsText, readClients } from '../../src/operations/views/clients.ts';
import { checkRule } from '../../src/operations/views/holds.ts';
import { readStatus } from '../../src/operations/views/status.ts';
import { storyOf, storyText } from '../../src/operations/views/why.ts';
import { checkRules } from '../../src/rules/files/load.ts';
import { helpText } from '../../src/tell/chatops/help.ts';
import { type Reply, reply, replyTable } from '../../src/tell/chatops/reply.ts';
import type { ChatCommand } from '../../src/tell/chatops/wish.ts';
import { formatStatus } from '../../src/tell/terminal/status.ts';

export interface TalkDependencies {
  readonly redis: Redis;
  readonly config: WeirConfig;
  /** Slack's id of the person, and the user groups of weir.yaml that the person is in. */
  readonly by: string;
  readonly groups: readonly string[];
}

/** Columns that a message shows without breaking lines. */
const WIDTH = 76;

type Of<K extends ChatCommand['kind']> = Extract<ChatCommand, { kind: K }>;

/** @throws WeirError with one sentence for the person. */
export async function grant(wish: ChatCommand, deps: TalkDependencies): Promise<Reply> {
  const { redis, config, by } = deps;
  switch (wish.kind) {
    case 'help':
      return replyTable(helpText(wish.command));
    case 'status':
      return showStatus(wish, deps);
    case 'why':
      return replyTable(await why(wish, deps));
    case 'rules':
      return replyTable(await rulesText(redis));
    case 'clients': {
      const pool = poolOf(config, wish.pool);
      return replyTable(clientsText(pool, await readClients(pool)));
    }
    case 'silences':
      return reply(await listSilences(redis, config));
    case 'act':
      return act(wish, deps);
    case 'failover':
      return failover(wish, deps);
    case 'maintain':
      return maintain(wish, deps);
    case 'pause': {
      const { scope, pools } = scopeOf(config, wish.scope);
      if (scope.kind === 'rule') await checkRule(redis, scope.name);
      const { forMs: holdMs, reason } = wish;
      const words = pools.map((pool) => ({ kind: 'hold', pool, scope, by, reason, holdMs }) as const);
      await sayAndWait(redis, words);
      const what = scopeInWords(scope, pools.join(', '));
      return reply(
        `Held for ${formatDuration(holdMs)} by ${by}: ${what}. Over before: /weir resume ${wish.scope}`,
        'channel',
      );
    }
    case 'resume': {
      const { scope, pools } = scopeOf(config, wish.scope);
      const words = pools.map((pool) => ({ kind: 'resume', pool, scope, by }) as const);
      await sayAndWait(redis, words);
      return reply(
        `Taken away by ${by}, if there was one: the hold on ${scopeInWords(scope, pools.join(', '))}.`,
        'channel',
      );
    }
    case 'silence':
      return reply(await silence(redis, config, wish, by), 'channel');
    case 'unsilence':
      return reply(await endSilence(redis, config, wish.id, by), 'channel');
    case 'ack':
      return reply(await acknowledge(redis, config, wish.about, by), 'channel');
    case 'trust':
      return reply(await trust(redis, config, wish.pool, by), 'channel');
    case 'answer':
      return answer(wish, deps);
  }
}

async function showStatus({ pool }: Of<'status'>, { redis, config }: TalkDependencies): Promise<Reply> {
  const status = await readStatus(redis, config);
  const only = pool === undefined ? undefined : poolOf(config, pool).name;
  const pools = status.pools.filter(({ name }) => only === undefined || name === only);
  return replyTable(formatStatus({ ...status, pools }, { color: false, width: WIDTH, now: status.at }));
}

async function why({ about, rule }: Of<'why'>, { redis, config }: TalkDependencies): Promise<string> {
  return storyText(await storyOf(redis, config, { about, rule, count: 2 }), about);
}

async function rulesText(redis: Redis): Promise<string> {
  const agreed = await readAgreed(redis);
  const rules = agreed === undefined ? [] : (checkRules(agreed.texts).ruleSet?.rules ?? []);
  if (agreed === undefined || rules.length === 0) return 'No rules are in force yet.';
  const lines = rules.map(({ name, severity, mode = 'shadow', steps }) => {
    const does = steps.length === 0 ? 'tells' : `${steps.map(({ action }) => action).join(', then ')} (${mode})`;
    return `${name}: ${severity}, ${does}`;
  });
  return [`${rules.length} rules, in force since ${new Date(agreed.at).toISOString()}:`, ...lines].join('\n');
}

function requestOf(
  { forMs, reason, force, ask }: Of<'act'> | Of<'failover'>,
  by: string,
): Pick<Request, 'kind' | 'by' | 'force' | 'ask' | 'leaseMs' | 'reason'> {
  return {
    ...{ kind: 'request', by, force },
    ...(ask && { ask }),
    ...(forMs !== undefined && { leaseMs: forMs }),
    ...(reason !== undefined && { reason }),
  };
}

async function act(wish: Of<'act'>, { redis, config, by }: TalkDependencies): Promise<Reply> {
  const { action, weight } = wish;
  const asked = action === 'restore' ? toRestore(config, wish.member) : undefined;
  await asked?.check(redis);
  const { pool, member } = asked ?? inConfig(config, wish.member);
  const request = { ...requestOf(wish, by), pool, action, target: member };
  return told(await askAndWait(redis, { ...request, ...(weight !== undefined && { weight }) }));
}

function inConfig(config: WeirConfig, text: string): { readonly pool: string; readonly member: string } {
  const { pool, member } = memberOf(config, text);
  return { pool: pool.name, member };
}

function told(decision: Decision): Reply {
  return reply(sentence(decision), 'channel');
}

async function failover(wish: Of<'failover'>, { redis, config, by }: TalkDependencies): Promise<Reply> {
  const pool = poolOf(config, wish.pool);
  if (wish.to !== undefined) memberOf(config, `${pool.name}/${wish.to}`);
  const status = await readStatus(redis, config);
  const target = status.pools.find(({ name }) => name === pool.name)?.facts.pool.master ?? '';
  if (target === '') {
    throw new WeirError(
      'refused',
      `No fresh node of pool ${pool.name} says that it is MASTER: nothing can be handed over.`,
    );
  }
  const where = { ...(wish.to && { to: wish.to }), ...(wish.way && { way: wish.way }) };
  return told(
    await askAndWait(redis, { ...requestOf(wish, by), pool: pool.name, action: 'failover', target, ...where }),
  );
}

async function maintain(wish: Of<'maintain'>, { redis, config, by }: TalkDependencies): Promise<Reply> {
  const { node, reason, force, forMs } = wish;
  const said: string[] = [];
  const asks = { kind: 'request', by, force, ...(reason !== undefined && { reason }) } as const;
  const deps = {
    ask: (request: Request) => askAndWait(redis, request),
    status: () => readStatus(redis, config),
    sentenceOf: sentence,
    say: (line: string) => void said.push(line),
    sleep,
    now: () => performance.now(),
  };
  if (forMs === undefined) await endMaintenance(config, node, asks, deps);
  else await beginMaintenance(config, node, { ...asks, leaseMs: forMs }, deps);
  return reply(said, 'channel');
}

async function answer({ answer: said, decision: id, reason }: Of<'answer'>, deps: TalkDependencies): Promise<Reply> {
  const { redis, config, by, groups } = deps;
  const asked = (await storyOf(redis, config, { about: id, rule: undefined, count: 1 })).decisions[0];
  if (asked === undefined) throw new WeirError('usage', `There is no decision ${id}.`);
  const word = { kind: 'answer', pool: asked.pool, decision: id, by, via: 'slack', answer: said, groups } as const;
  const { decision, record } = await answerAndWait(redis, { ...word, ...(reason !== undefined && { reason }) });
  // Only the person need know that it came to nothing.
  if (!record.accepted) throw new WeirError('refused', `Not taken: ${record.detail}`);
  if (decision.state !== 'approved') return reply(`${by}: ${said}. ${record.detail}`, 'channel');
  const made = await awaitDecision(redis, asked.pool, decisionId(record.id, decision.rule, decision.target));
  return reply(`Approved by ${by}.\n${sentence(made)}`, 'channel');
}
