/**
 * What each role may do in the broker: a user of its own for the worker, the terminals and each node, so that what one of
 * them holds is not worth more than what it does. Commands are those that the scripts here and BullMQ's call; keys with %R~
 * are read only (Redis 7.0, acl.c). Pure.
 */

import { ALIVE_KEY, gateKey, onceKey, poolKeys, QUEUE_PREFIX, RULE_FOLDERS_KEY, RULES_KEY, sentKey } from './keys.ts';
import type { QueueName } from './queues.ts';

export interface BrokerUser {
  /** `weir-worker`, `weir-terminal`, `weir-node-<name>`. */
  readonly name: string;
  /** As ACL SETUSER takes them. */
  readonly rules: readonly string[];
}

/** Stands for the password: Redis refuses the line as it is. */
export const PASSWORD_HERE = '<PASSWORD>';

/** Every connection; with ping a role asks whether a broker that was away is back. */
const CONNECTS = words('client|setname info ping');

/** BullMQ's addStandardJob, and its EVAL. */
const ADDS = words(
  'eval evalsha del exists get hget hmget hmset hset incr llen lpos lpush lrange persist pttl rpush sadd scard set xadd zadd zrange zrem',
  'zrevrangebyscore zscore',
);

/** BullMQ's moveToActive, moveToFinished, moveStalledJobsToWait, extendLocks, and its wait for a job. */
const WORKS = words(
  'bzpopmin eval evalsha del exists get hdel hexists hget hgetall hincrby hmget hmset hset incr llen lpush lrange lrem',
  'ltrim pexpire pttl rpoplpush rpush sadd scard set smembers srem xadd xtrim zadd zcard zpopmin zrange zrangebyscore zrem',
  'zremrangebyrank zremrangebyscore zrevrange zrevrangebyscore zscore',
);

/** To append to a stream and to know the time (entries/stream.ts, time/clock.ts). */
const APPENDS = words('eval time xrevrange xadd get set hlen hset');

/** What is read outside of scripts (store.ts, incidents.ts, audit.ts, rules.ts, alive.ts, names.ts). */
const READS = words('get hget hgetall hmget lrange pttl scan xrange');

/** The commit, the outbox, trimming, pacing, rule files (store.ts, stream.ts, pace.ts, rules.ts, locks.ts). */
const DECIDES = words('del exists hdel hincrby hkeys lpush ltrim pexpire rpop xtrim zcard zremrangebyscore');

/** Names of pools, and of their nodes. */
export type Pools = Readonly<Record<string, readonly string[]>>;

/** One user for each role, and for each node. @param password as a rule, `>secret`; Weir itself prints none. */
export function brokerUsers(pools: Pools, password = PASSWORD_HERE): readonly BrokerUser[] {
  const nodes = [...new Set(Object.values(pools).flat())].sort();
  const user = (name: string, keys: readonly string[], ...commands: readonly (readonly string[])[]): BrokerUser => {
    const granted = [...new Set([...CONNECTS, ...commands.flat()])].sort().map((command) => `+${command}`);
    return { name: `weir-${name}`, rules: ['reset', 'on', password, ...keys, ...granted] };
  };
  return [
    user('worker', workerKeys(Object.keys(pools), nodes), ADDS, WORKS, APPENDS, READS, DECIDES),
    user('terminal', terminalKeys(Object.keys(pools)), ADDS, APPENDS, READS),
    ...nodes.map((node) => {
      const own = Object.keys(pools).filter((pool) => pools[pool]?.includes(node));
      return user(`node-${node}`, nodeKeys(own, node), ADDS, WORKS, APPENDS, ['get', 'hget', 'hgetall', 'pttl']);
    }),
  ];
}

/** Keys of a node: it writes its own pools' streams and audit and its own queue, and wakes the evaluation; it reads state, holds and leases. */
function nodeKeys(pools: readonly string[], node: string): string[] {
  const keys = pools.map(poolKeys);
  return [
    ...keys.flatMap(({ stream, words, ticked, audit, auditHeads }) => all(stream, words, ticked, audit, auditHeads)),
    ...keys.flatMap(({ state, leases, alive }) => readOnly(state, leases, alive)),
    ...readOnly(ALIVE_KEY),
    ...queues('evaluate', `act-${node}`),
  ];
}

/** A terminal appends what people say to the streams, and reads everything. */
function terminalKeys(pools: readonly string[]): string[] {
  return [
    ...pools.map(poolKeys).flatMap(({ stream, words, ticked }) => all(stream, words, ticked)),
    ...readOnly(...pools.map(everyKeyOf), ALIVE_KEY, RULES_KEY, RULE_FOLDERS_KEY),
    ...queues('evaluate'),
  ];
}

function workerKeys(pools: readonly string[], nodes: readonly string[]): string[] {
  return [
    ...all(...pools.map(everyKeyOf), ALIVE_KEY, RULES_KEY, RULE_FOLDERS_KEY, gateKey('*'), sentKey('*'), onceKey('*')),
    ...queues('evaluate', 'messages', 'tell', 'show', ...nodes.map((node): QueueName => `act-${node}`)),
  ];
}

function everyKeyOf(pool: string): string {
  return poolKeys(pool).stream.replace(/stream$/, '*');
}

function all(...keys: readonly string[]): string[] {
  return keys.map((key) => `~${key}`);
}

function readOnly(...keys: readonly string[]): string[] {
  return keys.map((key) => `%R~${key}`);
}

function queues(...names: readonly QueueName[]): string[] {
  return names.map((name) => `~${QUEUE_PREFIX}:${name}:*`);
}

function words(...texts: readonly string[]): readonly string[] {
  return texts.join(' ').split(' ');
}
