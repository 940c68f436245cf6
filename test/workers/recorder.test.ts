import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { append, appendTick } from '../../src/broker/entries/stream.ts';
import { readDecisions } from '../../src/broker/store.ts';
import type { Outcome } from '../../src/model/decisions/outcome.ts';
import { judge } from '../../src/rails/index.ts';
import { readRecording } from '../../src/recording/read.ts';
import { createReplay } from '../../src/rules/replay/replay.ts';
import { evaluatePool, newMemory } from '../../workers/evaluation/evaluate.ts';
import { createRecorder } from '../../workers/recorder.ts';
import { brokerNow } from '../support/clock.ts';
import { HEALTHY, POLICY, POLL, poolOf, SILENT, sweepOf, tableOf } from '../support/pool.ts';
import { redisOfFile } from '../support/redis-of-file.ts';
import { tempDir } from '../support/temp-dir.ts';
import { ruleSet, unwritable } from '../support/world.ts';
import { harnessOn } from './evaluate-fixture.ts';

const redis = await redisOfFile();

let stateDir: string;

beforeAll(async () => {
  stateDir = await tempDir();
});

const POLICY_NOW = { ...POLICY, settleMs: 0 };
const memory = newMemory();
const RULES = ruleSet([unwritable({ forMs: 0 })]);

async function evaluate(): Promise<void> {
  await evaluatePool(poolOf(), harnessOn(redis, { policy: POLICY_NOW, ruleSet: async () => RULES, memory }));
}

async function sweeps(parts: Parameters<typeof sweepOf>[2]): Promise<void> {
  for (const node of ['a', 'b']) await append(redis, sweepOf(node, await brokerNow(redis), parts));
}

const onError = (error: unknown) => expect.fail(String(error));

it('nothing is written behind what could not be written whole', async () => {
  const folder = join(stateDir, 'recording', 'other');
  const files = async () => (await readdir(folder)).filter((name) => name.endsWith('.gz'));
  const errors: unknown[] = [];
  const deps = { redis, stateDir, maxBytes: 1e6, pools: ['other'], onError: (error: unknown) => errors.push(error) };
  const record = createRecorder(deps);
  await appendTick(redis, 'other');
  await record();
  const before = await files();
  await rename(folder, `${folder}.away`);
  await writeFile(folder, 'in the way');
  await sleep(5);
  await record();
  expect(errors).toHaveLength(1);
  await rm(folder);
  await rename(`${folder}.away`, folder);
  await append(redis, { kind: 'tick', pool: 'other' });
  await record();
  expect(before).toHaveLength(1);
  expect(await files()).toHaveLength(2);
});

it('a recording that is replayed gives the decisions that were made, to the byte', async () => {
  const frozen = { members: { a: HEALTHY, b: SILENT } };
  const recorder = () => createRecorder({ redis, stateDir, maxBytes: 1e6, pools: ['logs'], onError });
  await evaluate();
  await appendTick(redis, 'logs');
  await sweeps({});
  await evaluate();
  await sweeps(frozen);
  await evaluate();
  await recorder()();
  const [made] = await readDecisions(redis, 'logs', 1);
  for (const node of ['a', 'b']) {
    const outcome: Outcome = {
      ...{ kind: 'outcome', pool: 'logs', decision: made?.id ?? '', node, member: 'b', at: await brokerNow(redis) },
      ...{ result: 'applied', detail: 'b is at 0.' },
    };
    await append(redis, outcome);
  }
  await sleep(5);
  await sweeps({ ...frozen, table: tableOf({ a: 100, b: 0 }) });
  await evaluate();
  // Another process goes on where the one before was.
  await recorder()();
  const live = await readDecisions(redis, 'logs', 10);
  expect(live).toMatchObject([{ action: 'drain', verdict: 'act', state: 'verified' }]);

  const replay = createReplay({ pool: poolOf(), policy: POLICY_NOW, poll: POLL, ruleSet: RULES, judge });
  const folder = join(stateDir, 'recording', 'logs');
  const onTorn = (path: string) => expect.fail(path);
  let count = 0;
  for await (const entry of readRecording(folder, { pool: 'logs', since: 0, onTorn })) {
    replay.fold(entry);
    count += 1;
  }
  expect(count).toBe(1 + 3 * 2 + 2);
  expect(JSON.stringify([...replay.decisions.values()])).toBe(JSON.stringify(live));
});
