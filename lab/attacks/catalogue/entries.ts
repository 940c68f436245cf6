/** What somebody writes into a pool's stream, its leases and its rules. */

import { setTimeout as sleep } from 'node:timers/promises';
import { RULES_KEY } from '../../../src/broker/keys.ts';
import { readPoolState } from '../../../src/operations/stored.ts';
import type { Bench } from '../../chaos/bench/type.ts';
import { POOL } from '../../chaos/bench/yaml.ts';
import { until } from '../../until.ts';
import { heldUnless, type PoolAttack } from '../attack.ts';
import { forgedEntry, forgedRules, KEYS, lastEntry, MALLORY } from '../forge.ts';
import { waitingDrain, weightsAfter } from '../pool.ts';

/** Each was a throw in the fold. */
const JUNK: readonly unknown[] = [
  null,
  7,
  'no JSON at all {',
  {},
  { kind: 'outcome', pool: POOL },
  { kind: 'answer', pool: POOL, by: 'x', decision: '__proto__', via: 'terminal', answer: 'approve' },
  { kind: 'answer', pool: POOL, by: 'x', decision: 'constructor', via: 'terminal', answer: 'approve' },
  { kind: 'ack', pool: POOL, by: 'x', incident: '__proto__' },
  { kind: 'ack', pool: POOL, by: 'x', incident: 'constructor' },
  { kind: 'sweep', pool: POOL, observer: 'a', at: 1 },
  { kind: 'sweep', pool: POOL, observer: '__proto__', at: 1, members: null, consumers: {}, leases: [], troubles: [] },
  { kind: 'hold', pool: POOL, by: 'x' },
  { kind: 'alerts', pool: POOL },
  { kind: 'silence', pool: POOL, by: 'x', reason: 'y', silenceMs: 1 },
  { kind: 'weather', pool: POOL },
];

/** How far the evaluation is behind the last entry, in ms. */
async function lagMs(bench: Bench): Promise<number> {
  const cursor = (await bench.redis.hget(KEYS.state, 'cursor')) ?? '0-0';
  return Number((await lastEntry(bench)).split('-')[0]) - Number(cursor.split('-')[0]);
}

const junk: PoolAttack = {
  of: 'M2',
  tries: `${JUNK.length} bodies that are no entries, and a lease that is none`,
  mode: 'off',
  async run({ bench }) {
    const from = Date.now();
    await bench.redis.hset(KEYS.leases, 'bad', '{not json');
    let longest = 0;
    for (const body of JUNK) {
      const id = await forgedEntry(bench, body);
      const passed = async () => ((await bench.redis.hget(KEYS.state, 'cursor')) ?? '') >= id;
      await until(passed, 30_000, `an evaluation past ${id}`, 100);
      longest = Math.max(longest, await lagMs(bench));
    }
    longest = Math.max(longest, (Date.now() - from) / JUNK.length);
    await sleep(3_000);
    await bench.redis.hdel(KEYS.leases, 'bad');
    const pages = bench.slack.told.filter(({ at, text }) => at >= from && /lost the broker|gap/.test(text));
    return heldUnless(
      longest > 10_000 || pages.length > 0,
      `each was set aside, at most ${(longest / 1_000).toFixed(1)} s behind; ${pages.length} pages that the broker is lost`,
    );
  },
};

/** A sweep as a node sends it, in which b is dead and a lease is held. */
async function forgedSweep(bench: Bench, node: string): Promise<object> {
  const at = Number((await lastEntry(bench)).split('-')[0]);
  const lease = { id: '1-0.x.a', member: 'a', weight: 0, base: 100, owner: MALLORY, until: at + 9e8, contested: false };
  return {
    ...{ kind: 'sweep', version: 2, pool: POOL, observer: node, at, consumers: {}, troubles: [], leases: [lease] },
    members: { a: { answering: true, writable: true }, b: { answering: false, writable: false } },
  };
}

const entries: PoolAttack = {
  of: 'H5',
  tries: 'seals required: forged sweeps, requests, answers, outcomes, holds and silences',
  mode: 'require',
  async run(pool) {
    const { bench } = pool;
    const waiting = await waitingDrain(pool);
    const by = 'mallory@x';
    for (let turn = 0; turn < 20; turn += 1) {
      for (const node of ['a', 'b']) await forgedEntry(bench, await forgedSweep(bench, node));
      await sleep(100);
    }
    for (const body of [
      { kind: 'request', pool: POOL, action: 'drain', target: 'b', by, force: true, reason: 'x' },
      { kind: 'answer', pool: POOL, decision: waiting, by, via: 'terminal', answer: 'approve' },
      {
        kind: 'outcome',
        pool: POOL,
        decision: waiting,
        node: 'a',
        member: 'b',
        at: Date.now(),
        detail: '',
        result: 'applied',
      },
      { kind: 'hold', pool: POOL, by, scope: { kind: 'all' }, reason: 'x', holdMs: 600_000 },
      { kind: 'silence', pool: POOL, by, matcher: {}, reason: 'x', silenceMs: 600_000 },
    ]) {
      await forgedEntry(bench, body);
    }
    const { changed, text } = await weightsAfter(bench, 4_000);
    const state = (await readPoolState(bench.redis, POOL))?.state;
    const taken = [
      ...Object.keys(state?.holds ?? {}).map((scope) => `hold ${scope}`),
      ...Object.keys(state?.findings ?? {}).filter((name) => name.includes('unwritable')),
      ...(state?.waiting[waiting] === undefined ? ['the answer'] : []),
    ];
    await pool.weir(['deny', waiting]);
    await bench.calm(60_000);
    return heldUnless(
      changed || taken.length > 0,
      `${taken.join(', ') || 'none was taken: the decision still waits for its yes'}; ${text}`,
    );
  },
};

const rules: PoolAttack = {
  of: 'H5',
  tries: 'seals required: rules that drain whoever is well, put in force in the broker',
  mode: 'require',
  async run({ bench }) {
    await forgedRules(bench);
    const { changed, text } = await weightsAfter(bench, 8_000);
    const by = await bench.redis.hget(RULES_KEY, 'by');
    return heldUnless(
      changed,
      `${text}; in force are the rules of ${by === 'mallory' ? 'nobody' : 'the worker’s folder'}`,
    );
  },
};

export const ENTRY_ATTACKS: readonly PoolAttack[] = [junk, entries, rules];
