/** What dies while Weir works: the broker, a worker, a node, keepalived's idea of the table. */

import { beforeAll, expect, it } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import { untilCalm } from '../../lab/pool/steady-state.ts';
import { ADDRESS, REDIS_PORT, VIP } from '../../lab/pool/topology.ts';
import { until, untilValue } from '../../lab/until.ts';
import { readAfter } from '../../src/broker/entries/stream.ts';
import { atEnd, borrow, giveBack } from './support/shared.ts';
import { decisionsSince, idNow, newestDecision, storyteller, untilDone, untilWeight } from './support/watch.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await borrow();
  await untilCalm(lab);
});
atEnd(giveBack);

/** Waits for the first sweep that sees b silent: the evaluation that follows is about to begin. */
async function untilSilenceIsSeen(since: string): Promise<void> {
  await until(
    async () =>
      (await readAfter(lab.broker, 'logs', since, 1_000)).some(
        ({ body }) => body.kind === 'sweep' && body.members.b?.answering === false,
      ),
    30_000,
    'a sweep that sees b silent',
  );
}

async function untilDecided(newest: string | undefined): Promise<void> {
  await untilValue(
    () => decisionsSince(lab, newest),
    (all) => all.some((one) => one.verdict === 'act'),
    30_000,
    'the decision',
  );
}

/** The story of the one drain of b since `newest`, waited for and checked: once, and right. */
async function expectOneDrain(newest: string | undefined): Promise<void> {
  await untilValue(
    () => decisionsSince(lab, newest),
    (all) => all.some((one) => one.state === 'verified'),
    60_000,
    'a verified drain',
  );
  const acted = (await decisionsSince(lab, newest)).filter((one) => one.verdict === 'act' && one.target === 'b');
  expect(acted.filter((one) => one.state === 'verified')).toHaveLength(1);
  const why = await lab.weir(['why', acted.find((one) => one.state === 'verified')?.id ?? '']);
  expect(why.stdout).toMatch(/drain b/);
  expect(why.stdout).toMatch(/a.*weight/);
}

async function healB(): Promise<void> {
  await lab.thawRedis('b');
  await untilWeight(lab, 'a', 'b', 100, 90_000);
  await untilWeight(lab, 'b', 'b', 100, 90_000);
  await untilCalm(lab);
}

it('the worker is killed in the middle of an evaluation: the drain is done once all the same', async () => {
  const tell = storyteller('worker killed while it evaluates');
  const newest = await newestDecision(lab);
  const since = await idNow(lab);
  await lab.freezeRedis('b');
  await untilSilenceIsSeen(since);
  await lab.killWorker();
  tell('killed');
  await lab.startWorker();
  await untilWeight(lab, 'a', 'b', 0, 60_000);
  await expectOneDrain(newest);
  tell('b is at 0, verified, once');
  await healB();
});

it('the worker is killed between decision and outcome: the drain is done once all the same', async () => {
  const tell = storyteller('worker killed while a node acts');
  const newest = await newestDecision(lab);
  await lab.freezeRedis('b');
  await untilDecided(newest);
  await lab.killWorker();
  tell('killed');
  await untilWeight(lab, 'a', 'b', 0, 30_000);
  await lab.startWorker();
  await expectOneDrain(newest);
  await healB();
});

it("the MASTER's node process is killed while it acts: the weight ends right, and its lease holds without it", async () => {
  const tell = storyteller("the MASTER's node killed while it acts");
  const newest = await newestDecision(lab);
  await lab.freezeRedis('b');
  await untilDecided(newest);
  await lab.killNode('a');
  tell(`killed; b has weight ${(await lab.table('a')).b?.weight} in its table`);
  await lab.startNode('a');
  // Hung for minutes, b has its backlog full, and keepalived takes it out of the table: that is a weight of 0 as well.
  await untilValue(
    async () => (await lab.table('a')).b?.weight ?? 0,
    (weight) => weight === 0,
    120_000,
    'b at weight 0 in the table of a',
  );
  tell('b is at 0');
  await untilValue(
    async () => (await lab.producers.stats()).map((one) => [one.member, Date.now() - one.lastOkAt] as const),
    (all) => all.every(([member, quietMs]) => member === 'a' && quietMs < 3_000),
    90_000,
    'every producer to push again, on a',
  );
  await lab.killNode('a');
  await lab.startNode('a');
  expect((await lab.table('a')).b?.weight ?? 0).toBe(0);
  const why = await lab.weir(['why', 'logs/b', '--last', '5']);
  expect(why.stdout).toMatch(/drain b/);
  await healB();
});

it('somebody puts a drained member back: Weir drains it again, and gives up after three times in a minute', async () => {
  const tell = storyteller('somebody against Weir');
  await untilDone(lab, 'drain', 'logs/b', '--for', '10m', '--reason', 'a test');
  const row = ['-t', `${VIP}:${REDIS_PORT}`, '-r', `${ADDRESS.b}:${REDIS_PORT}`, '-g', '-w', '100'];
  for (let round = 1; round <= 4; round += 1) {
    expect(await lab.node('a').exec(['ipvsadm', '-e', ...row])).toMatchObject({ code: 0 });
    const undoneAt = performance.now();
    if (round > 3) break;
    await untilWeight(lab, 'a', 'b', 0, 20_000);
    tell(`round ${round}: b is back at 0 ${((performance.now() - undoneAt) / 1_000).toFixed(1)} s after it was undone`);
  }
  await untilValue(
    () => lab.logs('worker'),
    (log) => /keeps undoing it/.test(log),
    30_000,
    'people to be told who fights whom',
  );
  expect((await lab.table('a')).b?.weight).toBe(100);
  const line = (await lab.logs('worker')).split('\n').find((one) => /put b back/.test(one));
  tell(line?.trim() ?? 'no line');
  expect(line).toBeDefined();
  await untilDone(lab, 'restore', 'logs/b');
  await untilCalm(lab);
});
