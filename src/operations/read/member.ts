/** Reads a server's answers, poll by poll, with the reader of members. */

import { setTimeout as sleep } from 'node:timers/promises';
import { secret } from '../../config/secret.ts';
import { connectWatched, dropSilent } from '../../lib/redis/connections.ts';
import type { PoolConfig, WeirConfig } from '../../model/configuration/config.ts';
import type { ServerAnswers } from '../../model/readings/capture.ts';
import type { PollReadout, ReadPart } from '../../model/readings/readout.ts';
import { createWriteProbe, type WriteProbe } from '../../observe/redis/probe.ts';
import { createMemberReader } from '../../observe/redis/read-member.ts';
import { NOT_IN_FILE, type StandIn, startStandIn } from './stand-in.ts';
import { unknownOf } from './unknown.ts';

/** A silent server is waited for so often, and no more. */
const SILENT_POLLS_AT_MOST = 2;

/** A server that is silent on nothing answers as soon as this machine lets it. In ms. */
const SURELY_ANSWERS_WITHIN_MS = 10_000;

export interface MemberPart {
  readonly part: ReadPart;
  readonly notes: readonly string[];
}

export interface MemberToRead {
  readonly name: string;
  readonly answers: ServerAnswers;
  readonly pool: PoolConfig;
  readonly config: WeirConfig;
  /** A server that is silent on something is waited for so long. In ms. */
  readonly silentMs: number;
}

/** Serves the answers on the loopback interface and has them read as a member of the pool is. */
export async function readMember(member: MemberToRead): Promise<MemberPart> {
  const standIn = await startStandIn(member.answers);
  try {
    return await readPolls(member, standIn);
  } finally {
    await standIn.stop();
  }
}

async function readPolls(
  { name, answers, pool, config, silentMs }: MemberToRead,
  standIn: StandIn,
): Promise<MemberPart> {
  const timeoutMs = maybeSilent(answers) ? silentMs : SURELY_ANSWERS_WITHIN_MS;
  const connect = () =>
    connectWatched({
      host: '127.0.0.1',
      port: standIn.port,
      timeoutMs,
      ...(answers.password !== undefined && { password: secret(answers.password) }),
    });
  const redis = connect();
  const queues = queuesIn(answers);
  let nowMs = 0;
  const reader = createMemberReader({
    member: name,
    redis,
    dropSilent,
    vip: pool.vip,
    timeoutMs,
    queues,
    ...(pool.redis.database !== undefined && { database: pool.redis.database }),
    windowMs: config.poll.windowMs,
    minSecondsToFull: config.policy.minSecondsToFull,
    ...(pool.memoryBudgetBytes !== undefined && { budgetBytes: pool.memoryBudgetBytes }),
    own: tells(answers, 'client list'),
    ...(tells(answers, 'linsert') && { probe: probeOf() }),
    monotonic: () => nowMs,
  });
  function probeOf(): WriteProbe {
    return createWriteProbe({ redis: connect(), dropSilent, queue: queues[0] ?? '', monotonic: () => nowMs });
  }
  const polls: PollReadout[] = [];
  let silent = 0;
  try {
    for (let index = 0; index < answers.polls && silent < SILENT_POLLS_AT_MOST; index += 1) {
      standIn.at(index);
      nowMs = index * answers.everyMs;
      const beganAt = performance.now();
      const { signals, troubles } = await reader.read();
      if (performance.now() - beganAt > timeoutMs * 0.9) silent += 1;
      polls.push({
        atMs: nowMs,
        signals,
        unknown: unknownOf('member', signals),
        troubles: troubles.filter((trouble) => !/^Queue /.test(trouble) || !trouble.includes(NOT_IN_FILE)),
      });
      // A new connection is made, or refused, between two polls.
      if (redis.status !== 'ready') await sleep(0);
    }
  } finally {
    reader.close();
  }
  return { part: { about: 'member', name, polls }, notes: notesOn(answers, polls.length, standIn) };
}

function maybeSilent({ silentOn, closesOn, onConnect }: ServerAnswers): boolean {
  return silentOn.length > 0 || closesOn.length > 0 || onConnect !== undefined;
}

function notesOn(answers: ServerAnswers, read: number, { notInFile }: StandIn): string[] {
  const lacks = [...notInFile].sort().join(', ');
  return [
    ...(lacks === '' ? [] : [`The file has no answer to ${lacks}: what these commands would tell is not known.`]),
    ...(read < answers.polls
      ? [`${answers.polls - read} of ${answers.polls} polls are not read: this server gives no answer.`]
      : []),
  ];
}

/** The queues whose lengths the file has; without any, the usual one. */
function queuesIn({ replies }: ServerAnswers): string[] {
  const named = Object.keys(replies).flatMap((command) => /^llen (\S+)$/i.exec(command.trim())?.[1] ?? []);
  return named.length > 0 ? named : ['logstash'];
}

function tells({ replies, silentOn, closesOn }: ServerAnswers, command: string): boolean {
  return [...Object.keys(replies), ...silentOn, ...closesOn].some((name) => name.toLowerCase().startsWith(command));
}
