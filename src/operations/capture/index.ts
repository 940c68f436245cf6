/** `weir capture`: what a pool's servers and this node really answered, for a bug report. */

import { didYouMean } from '../../lib/text/did-you-mean.ts';
import type { PoolConfig, WeirConfig } from '../../model/configuration/config.ts';
import type { Secret } from '../../model/configuration/secret.ts';
import { WeirError } from '../../model/error.ts';
import type { Answer, NodeAnswers, ServerAnswers } from '../../model/readings/capture.ts';
import { nodeHere } from '../here.ts';
import { type Anonymised, anonymous, asItIs } from './anonymised.ts';
import { captureMember } from './member.ts';
import { captureNode } from './node.ts';
import { writtenPool } from './written.ts';

export interface CaptureOptions {
  /** A member, or the node that it is on; left out: all of them. */
  readonly only?: string;
  readonly polls: number;
  /** Addresses and names as they are. */
  readonly names: boolean;
  readonly now: Date;
}

export interface Captured {
  /** The file, as JSON. */
  readonly json: string;
  /** What could not be had, in sentences; names as the people here know them. */
  readonly notHad: readonly string[];
  /** Whether anybody answered at all. */
  readonly isEmpty: boolean;
}

/** @throws WeirError 'usage' where the pool has no such member. */
export async function capture(config: WeirConfig, pool: PoolConfig, options: CaptureOptions): Promise<Captured> {
  const { only, polls, names, now } = options;
  const members = Object.values(pool.members).filter(({ name }) => only === undefined || name === only);
  if (members.length === 0) {
    const names = Object.keys(pool.members);
    const guess = didYouMean(only ?? '', names) || `; there are ${names.join(', ')}.`;
    throw new WeirError('usage', `Pool ${pool.name} has no member or node ${only}${guess}`);
  }
  const here = nodeHere([pool]);
  const isHere = here !== undefined && (only === undefined || only === here);
  const [asked, node] = await Promise.all([
    Promise.all(members.map((member) => captureMember(pool, member, polls))),
    isHere ? captureNode(config, pool, here) : undefined,
  ]);
  const elsewhere = Object.keys(pool.members).filter((name) => name !== here && (only === undefined || name === only));
  const notHad = [
    ...asked.flatMap((member) => member.notHad),
    ...(node?.notHad ?? []),
    ...elsewhere.map(
      (name) =>
        `The LVS table and keepalived's dump of node ${name} can be had on that host only: run weir capture there.`,
    ),
  ];
  const shown = names ? asItIs : anonymous(pool);
  const written = {
    kind: 'capture',
    version: 1,
    at: now.toISOString(),
    anonymous: !names,
    weirYaml: writtenPool(config, pool, shown),
    members: Object.fromEntries(
      members.map(({ name }, index) => [shown.member(name), inFile(asked[index]?.answers as ServerAnswers, shown)]),
    ),
    ...(node !== undefined && { node: nodeInFile(node.answers, shown) }),
    notHad: notHad.map(shown.text),
  };
  const isEmpty =
    asked.every(({ answers }) => Object.keys(answers.replies).length === 0) && node?.answers.ipVs === undefined;
  return { json: `${JSON.stringify(scrub(written, secretsOf(config, pool)), null, 1)}\n`, notHad, isEmpty };
}

function inFile({ replies, ...rest }: ServerAnswers, shown: Anonymised) {
  const { INFO: infos = [], ...others } = replies;
  const isText = infos.every((info) => typeof info === 'string' && !info.startsWith('-'));
  const named = Object.entries(others).map(([command, answers]) => {
    const [, queue] = /^LLEN (.*)$/s.exec(command) ?? [];
    const isList = command.startsWith('CLIENT LIST');
    const made = (one: Answer) => (typeof one !== 'string' ? one : isList ? shown.clientList(one) : shown.text(one));
    return [queue === undefined ? command : `LLEN ${shown.queue(queue)}`, answers.map(made)] as const;
  });
  return {
    everyMs: rest.everyMs,
    thenCloses: rest.thenCloses,
    silentOn: rest.silentOn,
    closesOn: rest.closesOn,
    ...(rest.onConnect !== undefined && { onConnect: shown.text(rest.onConnect) }),
    ...(rest.password !== undefined && { password: rest.password }),
    ...(isText && infos.length > 0 && { polls: infos.map((info) => shown.info(String(info)).split(/\r?\n/)) }),
    replies: Object.fromEntries(isText ? named : [...named, ['INFO', infos.map((info) => shown.text(String(info)))]]),
  };
}

function nodeInFile({ name, ipVs, ipVsStats, keepalived, vipOn }: NodeAnswers, shown: Anonymised) {
  return {
    name: shown.member(name),
    ...(ipVs !== undefined && { ipVs: shown.ipVs(ipVs).split('\n') }),
    ...(ipVsStats !== undefined && { ipVsStats: ipVsStats.split('\n') }),
    ...(keepalived !== undefined && {
      keepalived: {
        alive: keepalived.alive,
        dump: keepalived.dump === undefined ? undefined : shown.dump(keepalived.dump),
        ...(keepalived.hangs !== undefined && { hangs: keepalived.hangs }),
        ...(keepalived.trouble !== undefined && { trouble: shown.text(keepalived.trouble) }),
      },
    }),
    ...(vipOn !== undefined && { vipOn }),
  };
}

/** Takes out secrets. No answer that is asked for has one; this is for the case that one does. */
function scrub<T>(value: T, secrets: readonly string[]): T {
  if (typeof value === 'string') return secrets.reduce<string>(without, value) as T;
  if (Array.isArray(value)) return value.map((item) => scrub(item, secrets)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, scrub(one, secrets)])) as T;
}

/** Takes out a secret. A short one may be a part of a word in a reply, so it is taken out as a whole word only. */
function without(text: string, secret: string): string {
  if (secret.length >= 6) return text.replaceAll(secret, '[secret]');
  return text.replaceAll(/[\w-]+/g, (word) => (word === secret ? '[secret]' : word));
}

function secretsOf({ broker, http }: WeirConfig, { redis, vrrp }: PoolConfig): string[] {
  const all: (Secret | undefined)[] = [
    redis.password,
    vrrp.auth,
    broker.password,
    broker.sentinels?.password,
    http.token,
  ];
  return all.flatMap((secret) => (secret === undefined ? [] : [secret.reveal()]));
}
