/** The lab at a glance, for a person at its prompt: what the lab itself sees, not what Weir thinks. */

import type { Lab } from '../lab.ts';
import type { ProducerStatus } from './producers.ts';
import { MEMBERS, type Member, QUEUE } from './topology.ts';

/** A producer that has not pushed for so long is stuck. */
const STUCK_AFTER_MS = 3_000;

/** redis-cli takes a quarter of a second in the guest. */
const REDIS_ANSWERS_WITHIN_MS = 2_000;

const HEAD = ['', 'VRRP', 'weight', 'Redis', 'memory', `list ${QUEUE}`, 'producers'];

export async function describeLab(lab: Lab): Promise<string> {
  const [masters, tables, producers, ...redises] = await Promise.all([
    lab.masters(),
    Promise.all(MEMBERS.map((node) => lab.table(node))),
    lab.producers.stats(),
    ...MEMBERS.map((member) => readRedis(lab, member)),
  ]);
  const rows = MEMBERS.map((member, index) => {
    const redis = redises[index];
    return [
      member,
      masters.includes(member) ? 'MASTER' : 'backup',
      weightsOf(tables.map((table) => table[member]?.weight)),
      redis === undefined ? 'no answer' : 'answers',
      redis === undefined ? '?' : `${Math.round(redis.memory * 100)} %`,
      redis === undefined ? '?' : String(redis.queued),
      describeProducers(producers.filter((producer) => producer.member === member)),
    ];
  });
  const lost = producers.reduce((sum, { refused }) => sum + refused, 0);
  const notes = [
    ...(masters.length === 1 ? [] : [`${masters.length === 0 ? 'No node has' : 'Both nodes have'} the VIP.`]),
    ...(lost === 0 ? [] : [`${lost} pushes were refused because a member was full: those logs are lost.`]),
    ...describeProducersElsewhere(producers),
  ];
  return [...align([HEAD, ...rows]), ...notes].join('\n');
}

/** One figure when both directors agree. */
function weightsOf(weights: readonly (number | undefined)[]): string {
  const texts = weights.map((weight) => (weight === undefined ? 'not listed' : String(weight)));
  if (texts.every((text) => text === texts[0])) return texts[0] ?? '';
  return texts.map((text, index) => `${text} on ${MEMBERS[index]}`).join(', ');
}

function describeProducers(producers: readonly ProducerStatus[]): string {
  const stuck = producers.filter(({ lastOkAt }) => Date.now() - lastOkAt > STUCK_AFTER_MS);
  const since = Math.min(...stuck.map(({ lastOkAt }) => lastOkAt));
  if (stuck.length === 0) return String(producers.length);
  return `${producers.length}, ${stuck.length} stuck for ${Math.round((Date.now() - since) / 1_000)} s`;
}

function describeProducersElsewhere(producers: readonly ProducerStatus[]): string[] {
  const count = producers.filter(({ member }) => member === undefined).length;
  return count === 0 ? [] : [`${count} producers are just connecting.`];
}

interface RedisSeen {
  /** 1 is full. */
  readonly memory: number;
  readonly queued: number;
}

async function readRedis(lab: Lab, member: Member): Promise<RedisSeen | undefined> {
  const script = "return {redis.call('INFO', 'memory'), redis.call('LLEN', KEYS[1])}";
  const { code, stdout } = await lab
    .redis(member)
    .cli(['EVAL_RO', script, '1', QUEUE], { timeoutMs: REDIS_ANSWERS_WITHIN_MS });
  const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(stdout)?.[1]);
  if (code !== 0 || !stdout.includes('used_memory:')) return undefined;
  return { memory: field('used_memory') / field('maxmemory'), queued: Number(stdout.trim().split('\n').at(-1)) };
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')}`.trimEnd());
}
