/** Why the broker cannot be had, in one sentence: what was tried, what was seen, what to do. */

import type { Redis } from 'ioredis';
import { formatHostPort } from '../lib/host-port.ts';
import { type Door, misunderstanding, wordAtTheDoor } from '../lib/redis/door.ts';
import { doorOf, isOfConnection, lastFault } from '../lib/redis/guarded.ts';
import { NoMaster, type SentinelWord } from '../lib/redis/sentinels.ts';
import { tlsOptions } from '../lib/redis/tls-files.ts';
import { messageOf, WeirError } from '../model/error.ts';
import { faultOf, isTlsFault, type Named, saidBy, TIME_OUTS } from './faults.ts';

/** Errors that say that the embedded broker does not run: its socket is missing, or nobody listens there. */
const EMBEDDED_IS_AWAY = /\b(ENOENT|ECONNREFUSED)\b/;

/** What clients of Redis say of a connection that is not there. */
const AWAY =
  /^Connection is closed\.?$|Stream isn't writeable|max retries per request|Command timed out|Socket timeout|Command aborted due to connection close|\b(connect|getaddrinfo|read|write) E[A-Z_]+\b|^(WRONGPASS|NOAUTH) |^(OPEN|NOT)_MASTER$/;

/** What the other side only was silent with. */
const SILENCE = /\b(HUNG_UP|ECONNRESET|EPIPE|connect ETIMEDOUT)\b/;

/** Whether an error of a Redis client only says that the broker is away: the connection itself knows why. */
export function isBrokerAway(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof WeirError) return false;
  // The certificate of Slack may have expired too.
  return error instanceof NoMaster || AWAY.test(error.message) || (isOfConnection(error) && isTlsFault(error));
}

/** Whether an error is a time-out, which says less than any other fault. */
export function isTimeOut(sentence: string): boolean {
  return TIME_OUTS.some((timeOut) => sentence.includes(`: ${timeOut}. `));
}

/**
 * Why the broker is away, as the last try to connect has it, else `error`. A silence is looked at once more: a Redis that
 * turns a connection away says why at its door, and who speaks TLS and who does not do not understand each other.
 */
export async function whyAway(broker: Named, redis: Redis, error: unknown): Promise<string> {
  const fault = lastFault(redis) ?? error;
  if (fault instanceof NoMaster) return `The broker cannot be used: ${broker.url}: ${await whyNoMaster(broker, fault)}`;
  const door = doorOf(redis);
  return brokerSentence(broker, (await atTheDoor(fault, door)) ?? fault, door);
}

/** What is known of no fault is quoted. Pure. */
function brokerSentence(broker: Named, error: unknown, door: Door | undefined): string {
  if (broker.isEmbedded === true && EMBEDDED_IS_AWAY.test(saidBy(error))) {
    return `weir.yaml has no broker.url, and no \`weir up\` with its own broker runs here (${broker.url}). Start that, or name the broker in broker.url.`;
  }
  const isFound = broker.sentinels !== undefined && door !== undefined;
  const where = isFound ? `${broker.url}=${formatHostPort(door)}` : broker.url;
  const fault = faultOf(broker, error);
  return fault === undefined
    ? `The broker cannot be used: ${where}: ${messageOf(error)}.`
    : `The broker cannot be used: ${where}: ${fault.seen}. ${fault.next}`;
}

/** What a door says that was found silent. */
async function atTheDoor(fault: unknown, door: Door | undefined): Promise<Error | undefined> {
  if (door === undefined || !SILENCE.test(saidBy(fault))) return undefined;
  const [word, other] = await Promise.all([wordAtTheDoor(door), misunderstanding(door)]);
  return word === undefined ? other : new Error(word);
}

const CHECK_SENTINELS = 'Start them, or correct broker.sentinels in weir.yaml.';

/** Two sentences: what each Sentinel said, and what to do. */
async function whyNoMaster(broker: Named, { words }: NoMaster): Promise<string> {
  const name = broker.sentinels?.name ?? '';
  if (words.some(({ error }) => error === undefined)) {
    return `its Sentinels know no master ${name}. Correct broker.name in weir.yaml; \`SENTINEL MASTERS\` there shows the names.`;
  }
  const whys = await Promise.all(words.map((word) => whySilent(broker, word)));
  const said = [...new Set(whys.map(({ seen }) => seen))];
  const each = whys.map(({ seen }, index) => `${formatHostPort((words[index] as SentinelWord).from)} ${seen}`);
  const first = whys.find(({ next }) => next !== CHECK_SENTINELS) ?? whys[0];
  const what = said.length === 1 ? said[0] : each.join('; ');
  return `no Sentinel says where it is: ${what}. ${first?.next ?? CHECK_SENTINELS}`;
}

/** Why a Sentinel says nothing, as of a broker; only its keys in weir.yaml are others. */
async function whySilent(broker: Named, { from, error }: SentinelWord): Promise<{ seen: string; next: string }> {
  const door = { ...from, ...(broker.tls !== undefined && { tls: tlsOptions(broker.tls, from.host) }) };
  const fault = (await atTheDoor(error, door)) ?? error;
  const { username, password } = broker.sentinels ?? {};
  const own = { url: formatHostPort(from), ...(username !== undefined && { username }), password };
  const { seen, next } = faultOf(own, fault) ?? { seen: messageOf(fault), next: CHECK_SENTINELS };
  if (/broker\.url/.test(next)) return { seen, next: CHECK_SENTINELS };
  return {
    seen,
    next: next.replace('broker.password', 'broker.sentinel_password').replaceAll('the broker', 'the Sentinel'),
  };
}
