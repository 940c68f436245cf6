/** The Redis of this node's member: whether producers reach it, and whether it keeps what they push. */

import { type Check, type PoolView, perPool } from '../check.ts';
import { keepsVip, selfIn } from '../wanted.ts';

const notListening = perPool('redis-not-listening', (view) => {
  const { pool, seen, wanted } = view;
  if (seen.redis.listening !== false) return undefined;
  const where = keepsVip(pool) ? pool.vip.address : selfIn(pool, wanted.node).address;
  return {
    is: `Nothing listens on ${where} port ${pool.vip.port}.`,
    should: `Redis listens there: bind * or a list with ${where}.`,
    why: 'The director hands packets to this node with that address on them: producers are refused here.',
    mend: [
      '# does it run at all?',
      'systemctl status --no-pager redis-server',
      ...set({ ...view, host: '127.0.0.1' }, 'bind', "'* -::*'"),
      '# before Redis 7: bind in redis.conf, then restart it',
    ],
  };
});

const denied = perPool('redis-protected', (view) => {
  if (view.seen.redis.denied !== true) return undefined;
  return {
    is: 'Redis refuses everybody who does not come over loopback: protected-mode is on and there is no password.',
    should: 'protected-mode no, or a password (redis.password).',
    why: 'It accepts each producer and sends it away with DENIED: all that it should take is lost.',
    mend: set({ ...view, host: '127.0.0.1' }, 'protected-mode', 'no'),
  };
});

const evicts = perPool('redis-evicts', (view) => {
  const policy = view.seen.redis.evictionPolicy;
  if (policy === undefined || policy === 'noeviction') return undefined;
  return {
    is: `maxmemory-policy is ${policy}.`,
    should: 'noeviction.',
    why: 'When it is full, Redis throws away whole lists of logs and tells nobody; refused, a producer would keep them.',
    mend: set(view, 'maxmemory-policy', 'noeviction'),
  };
});

const unlimited = perPool('redis-without-limit', (view) => {
  const { pool, seen, wanted } = view;
  if (seen.redis.maxmemoryBytes !== 0 || pool.memoryBudgetBytes !== undefined) return undefined;
  return {
    is: 'maxmemory is 0, and the pool has no memory_budget.',
    should: `maxmemory is set, or memory_budget of ${pool.name} in ${wanted.config.file}.`,
    why: 'Nobody knows how full it is: no warning, and in the end the kernel kills Redis with all that is in it.',
    mend: ['# leave a quarter of the memory to the system; for example:', ...set(view, 'maxmemory', '4gb')],
  };
});

const keepalive = perPool('redis-tcp-keepalive', (view) => {
  if (view.seen.redis.tcpKeepaliveSeconds !== 0) return undefined;
  return {
    is: 'tcp-keepalive is 0.',
    should: '3, as Weir moves producers by it; not more than 300.',
    why: 'After 15 quiet minutes the director forgets a connection and resets its next push; producers of a hung member wait for ever.',
    mend: set(view, 'tcp-keepalive', '3'),
  };
});

const timeout = perPool('redis-timeout', (view) => {
  const seconds = view.seen.redis.timeoutSeconds;
  if (seconds === undefined || seconds === 0) return undefined;
  return {
    is: `timeout is ${seconds}.`,
    should: '0: no quiet connection is closed.',
    why: `Redis closes what is quiet for ${seconds} s, and a producer loses the push that meets the closed connection.`,
    mend: set(view, 'timeout', '0'),
  };
});

const replica = perPool('redis-replica', (view) => {
  if (view.seen.redis.replica !== true) return undefined;
  return {
    is: 'This Redis is a replica.',
    should: 'Members of a pool are independent masters.',
    why: 'It answers every push with READONLY: its share of the logs is lost.',
    mend: [`${cli(view)} REPLICAOF NO ONE`, `${cli(view)} CONFIG REWRITE`],
  };
});

const consumers = perPool('consumer-on-vip', ({ pool, seen: { redis } }) => {
  const consumers = redis.consumersOnVip ?? [];
  if (consumers.length === 0) return undefined;
  const addresses = Object.values(pool.members).map(({ address }) => address);
  return {
    is: `${consumers.join(', ')} ${consumers.length === 1 ? 'takes' : 'take'} items from this Redis through the VIP.`,
    should: `A consumer connects to each member by its own address: ${addresses.join(', ')}.`,
    why: 'Through the VIP it empties one member only: the lists of the others grow until they are full.',
    mend: [
      `# in logstash: one redis input for each of ${addresses.join(', ')}; then see who is left:`,
      `weir clients ${pool.name}`,
    ],
  };
});

const acl = perPool('redis-acl', (view) => {
  const lacking = (view.seen.redis.lacking ?? []).filter(({ optional }) => !optional);
  if (lacking.length === 0) return undefined;
  const rules = lacking.map(({ rule }) => rule);
  const { username = 'default' } = view.pool.redis;
  return {
    is: `Weir's user ${username} lacks ${rules.join(' ')}.`,
    should: `The user may do what weir acl ${view.pool.name} prints.`,
    why: [...new Set(lacking.map(({ without }) => without))].join(' '),
    mend: [
      '# as a user that may change users; then ACL SAVE, or CONFIG REWRITE where users stand in redis.conf',
      `${cli(view)} ACL SETUSER ${username} ${rules.map((rule) => `'${rule}'`).join(' ')}`,
    ],
  };
});

type Where = PoolView & { readonly host?: string };

/** A command that needs a password takes it from the environment (REDISCLI_AUTH, redis-cli --help), never from argv. */
function cli({ pool, wanted, host }: Where): string {
  const { address } = selfIn(pool, wanted.node);
  const auth = pool.redis.password === undefined ? '' : 'REDISCLI_AUTH=... ';
  return `${auth}redis-cli -h ${host ?? address} -p ${pool.vip.port}`;
}

function set(where: Where, name: string, value: string): string[] {
  return [`${cli(where)} CONFIG SET ${name} ${value} && ${cli(where)} CONFIG REWRITE`];
}

export const REDIS_CHECKS: readonly Check[] = [
  notListening,
  denied,
  evicts,
  unlimited,
  keepalive,
  timeout,
  replica,
  consumers,
  acl,
];
