/** The evaluation, where what stands in the stream is sealed: what is not is worth nothing, and people hear of it once. */

import { setTimeout } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { append, readRawAfter } from '../../../src/broker/entries/stream.ts';
import { newKeyPair } from '../../../src/broker/seal/keys.ts';
import { openSeal, sealOn } from '../../../src/broker/seal/sealed.ts';
import { readDecisions } from '../../../src/broker/store.ts';
import { secret } from '../../../src/config/secret.ts';
import type { WeirConfig } from '../../../src/model/configuration/config.ts';
import type { SealMode, SealRole } from '../../../src/model/configuration/seal.ts';
import type { EntryBody } from '../../../src/model/entries/entry.ts';
import { readStatus } from '../../../src/operations/views/status.ts';
import { evaluatePool } from '../../../workers/evaluation/evaluate.ts';
import { brokerNow } from '../../support/clock.ts';
import { HEALTHY, POLICY, POLL, poolOf, SILENT, sweepOf } from '../../support/pool.ts';
import { redisOfFile } from '../../support/redis-of-file.ts';
import { appendAgo, harnessOn, stateOf } from '../evaluate-fixture.ts';

const redis = await redisOfFile();
const PAIR = newKeyPair();
const keys = [PAIR.publicText];

const open: Redis[] = [];
afterEach(() => {
  for (const connection of open.splice(0)) connection.disconnect();
});

async function as(role: SealRole, mode: SealMode): Promise<Redis> {
  const own = redis.duplicate();
  open.push(own);
  if (own.status === 'wait') await own.connect();
  const seal = { mode, key: secret(PAIR.privateText), public: { node: { '*': keys }, worker: keys, terminal: keys } };
  sealOn([own], openSeal({ seal, pools: { logs: poolOf() } }, role));
  return own;
}

const sweep = async (name: string, b = HEALTHY) =>
  sweepOf(name, await brokerNow(redis), { members: { a: HEALTHY, b } });

const DRAIN: EntryBody = { kind: 'request', pool: 'logs', action: 'drain', target: 'b', by: 'mallory', force: true };

it('a forged sweep, request and hold change nothing, and each writer is told once', async () => {
  const node = await as('node', 'require');
  const events: string[] = [];
  const worker = harnessOn(await as('worker', 'require'), {
    policy: { ...POLICY, settleMs: 0 },
    onEvents: (all) => events.push(...all.map((event) => (event.type === 'unreadable' ? event.writer : event.type))),
  });
  for (let turn = 0; turn < 3; turn += 1) {
    for (const name of ['a', 'b']) await append(node, await sweep(name));
    for (const name of ['a', 'b']) await appendAgo(redis, 0, await sweep(name, SILENT));
    for (const name of ['a', 'b']) await appendAgo(redis, 0, { ...DRAIN, by: `${name}, forged` });
    const hold = { kind: 'hold', pool: 'logs', scope: { kind: 'all' }, by: 'mallory', reason: 'x', holdMs: 60_000 };
    await appendAgo(redis, 0, hold);
    await evaluatePool(poolOf(), worker);
  }
  const state = await stateOf(redis);
  expect(state.findings).toEqual({});
  expect(state.holds).toEqual({});
  expect(await readDecisions(redis, 'logs', 10)).toEqual([]);
  expect(worker.delivered.filter(({ queue }) => queue === 'act')).toEqual([]);
  const names = ['a', 'a, forged', 'b', 'b, forged', 'mallory'];
  expect(events.filter((one) => names.includes(one)).sort()).toEqual(names);
  expect(worker.aside).toHaveLength(15);
});

it('a request of yesterday that somebody puts there again is not done again, not by another worker either', async () => {
  const terminal = await as('terminal', 'require');
  const node = await as('node', 'require');
  const workers = [harnessOn(await as('worker', 'require')), harnessOn(await as('worker', 'require'))];
  for (const name of ['a', 'b']) await append(node, await sweep(name));
  await append(terminal, { ...DRAIN, by: 'ann@x' });
  for (const worker of workers) await evaluatePool(poolOf(), worker);
  expect(await readDecisions(redis, 'logs', 10)).toHaveLength(1);
  const said = (await readRawAfter(redis, 'logs', '0-0', 100)).find(([, json]) => json.includes('ann@x'));
  for (const worker of [...workers].reverse()) {
    await appendAgo(redis, 0, said?.[1]);
    await evaluatePool(poolOf(), worker);
  }
  expect(await readDecisions(redis, 'logs', 10)).toHaveLength(1);
  expect(workers.flatMap(({ aside }) => aside)).toEqual(['ann@x', 'ann@x']);
});

it('in accept the status names who does not seal, and nobody where all do', async () => {
  const config = { file: 'weir.yaml', pools: { logs: poolOf() }, policy: POLICY, poll: POLL } as unknown as WeirConfig;
  const worker = harnessOn(await as('worker', 'accept'));
  await append(await as('node', 'accept'), await sweep('a'));
  await evaluatePool(poolOf(), worker);
  const seals = async () => (await readStatus(redis, config)).troubles.filter((one) => one.includes('sealed'));
  expect(await seals()).toEqual([]);
  await append(redis, await sweep('b'));
  await append(redis, { ...DRAIN, by: 'ann@x' });
  await append(redis, { kind: 'tick', pool: 'logs' });
  await evaluatePool(poolOf(), worker);
  expect(await seals()).toEqual([
    'Not sealed in pool logs: what a worker, ann@x, b wrote in the last minute. seal.mode: require would refuse it.',
  ]);
});

it('a worker seals anew what stands: leases from before there were seals, or of a key that goes', async () => {
  const before = harnessOn(redis);
  for (const name of ['a', 'b']) await append(redis, await sweep(name));
  await append(redis, { ...DRAIN, by: 'ann@x', leaseMs: 3_600_000 });
  await evaluatePool(poolOf(), before);
  const [job] = before.delivered.filter(({ queue }) => queue === 'act');
  expect(job?.data).not.toHaveProperty('seal');
  const { decision = '' } = job?.queue === 'act' ? job.data : {};
  for (const node of ['a', 'b']) {
    const at = await brokerNow(redis);
    await append(redis, {
      ...{ kind: 'outcome', pool: 'logs', decision, node, member: 'b', at },
      ...{ result: 'applied', detail: '' },
    });
  }
  await setTimeout(5); // A sweep counts when it is later than the outcome.
  for (const name of ['a', 'b']) {
    const table = { a: { weight: 100, listed: true }, b: { weight: 0, listed: true } };
    const leases = [{ id: decision, member: 'b', weight: 0, owner: 'person:ann@x', until: Date.now() + 3_600_000 }];
    await append(redis, { ...(await sweep(name)), table: table as never, leases: leases as never });
  }
  await evaluatePool(poolOf(), before);
  expect((await stateOf(redis)).open).toEqual({});
  const lease = async () => JSON.parse((await redis.hget('weir:{logs}:leases', decision)) ?? '{}');
  expect(await lease()).toMatchObject({ member: 'b' });
  expect(await lease()).not.toHaveProperty('seal');

  await append(redis, { kind: 'tick', pool: 'logs' });
  await evaluatePool(poolOf(), harnessOn(await as('worker', 'accept')));
  expect(await lease()).toMatchObject({ member: 'b', seal: { role: 'worker', kind: 'lease' } });
});
