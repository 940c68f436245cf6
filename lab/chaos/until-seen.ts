/** Waits for what must happen in a fault. It is looked at often: a step of an action is over in milliseconds. */

import { readAfter } from '../../src/broker/entries/stream.ts';
import { openQueue } from '../../src/broker/queues.ts';
import { readDecisions } from '../../src/broker/store.ts';
import { until } from '../until.ts';
import { type BenchNode, NODES } from './bench/nodes.ts';
import type { Program } from './bench/programs.ts';
import type { Bench } from './bench/type.ts';

const LOOK_EVERY_MS = 5;

/** The limit for what follows within seconds, and after a gap or on another broker when the settle time is over. */
function withSettle(bench: Bench): number {
  return 40_000 + bench.scaled(30_000);
}

export async function soon(look: () => unknown, withinMs: number, what: string): Promise<void> {
  await until(look, withinMs, what, LOOK_EVERY_MS);
}

export function untilWeight(
  bench: Bench,
  nodes: readonly BenchNode[],
  weight: number,
  withinMs = withSettle(bench),
): Promise<void> {
  const look = () => nodes.every((node) => bench.weights(node).b === weight);
  return soon(look, withinMs, `b at weight ${weight} in the table of ${nodes.join(' and ')}`);
}

/** Waits until a drain of b was committed since `from`. */
export function untilDecided(bench: Bench, from: number, withinMs = withSettle(bench)): Promise<void> {
  const look = async () =>
    (await readDecisions(bench.redis, 'logs', 5)).some((one) => one.verdict === 'act' && one.at >= from);
  return soon(look, withinMs, 'the decision');
}

/** A sweep that sees b silent stands on the stream: the evaluation that follows is about to begin. */
export function untilSilenceIsSeen(bench: Bench, from: number): Promise<void> {
  const look = async () =>
    (await readAfter(bench.redis, 'logs', `${from}-0`, 1_000)).some(
      ({ body }) => body.kind === 'sweep' && body.members.b?.answering === false,
    );
  return soon(look, 30_000, 'a sweep that sees b silent');
}

/** ipvsadm of the node waits at this point. */
export function untilHeld(bench: Bench, node: BenchNode, held: 'before' | 'after', from: number): Promise<void> {
  return soon(
    () => bench.changes(node).some((one) => one.held === held && one.at >= from),
    30_000,
    `ipvsadm of ${node} held ${held} its change`,
  );
}

/** b is silent, and a program is killed while ipvsadm of a waits before or after its change. ipvsadm works again then. */
export async function killWhileHeld(bench: Bench, held: 'before' | 'after', program: Program): Promise<void> {
  const from = Date.now();
  bench.tool('a', `hold-${held}`);
  await bench.freezeRedis();
  await untilHeld(bench, 'a', held, from);
  await program.kill('SIGKILL');
  bench.tool('a', 'works');
}

/** What people are to be told is on its way for a moment: a second between two messages, and longer where a worker died. */
export async function untilShown(bench: Bench): Promise<void> {
  const queue = openQueue(bench.redis, 'show');
  const isDone = async () => (await queue.getJobCountByTypes('active', 'waiting', 'delayed')) === 0;
  await soon(isDone, 30_000, 'everything to be shown').catch(() => undefined);
  await queue.close();
}

export function untilTold(bench: Bench, pattern: RegExp, from: number, withinMs = 30_000): Promise<void> {
  return soon(
    () => bench.slack.told.some((one) => one.at >= from && pattern.test(one.text)),
    withinMs,
    `people to be told ${pattern}`,
  );
}

/** b is silent until both nodes have drained it and that was seen; then it goes on. */
export async function drainOnce(bench: Bench, nodes: readonly BenchNode[] = NODES): Promise<void> {
  const from = Date.now();
  await bench.freezeRedis();
  await thawWhenDrained(bench, from, nodes);
}

export async function thawWhenDrained(bench: Bench, from: number, nodes: readonly BenchNode[] = NODES): Promise<void> {
  await untilWeight(bench, nodes, 0);
  await untilVerified(bench, from);
  await bench.thawRedis();
}

export function untilVerified(bench: Bench, from: number, withinMs = 60_000): Promise<void> {
  const look = async () =>
    (await readDecisions(bench.redis, 'logs', 5)).some((one) => one.state === 'verified' && one.at >= from);
  return soon(look, withinMs, 'the drain to be verified');
}

/** A node has said what came of its job: `failed: ...`. */
export function untilOutcome(bench: Bench, node: BenchNode, said: RegExp, from: number): Promise<void> {
  const look = async () =>
    (await readAfter(bench.redis, 'logs', `${from}-0`, 5_000)).some(
      ({ body }) => body.kind === 'outcome' && body.node === node && said.test(`${body.result}: ${body.detail}`),
    );
  return soon(look, 40_000, `an outcome of ${node} like ${said}`);
}
