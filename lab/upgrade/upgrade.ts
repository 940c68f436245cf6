/** One upgrade of a live pool: everything is stored, the processes become others, and each stored thing comes to its end. */

import assert from 'node:assert/strict';
import { readDeliveries, readIncidents, readThreads } from '../../src/broker/incidents.ts';
import { readDecisions } from '../../src/broker/store.ts';
import { startBench } from '../chaos/bench/bench.ts';
import { type BenchNode, NODES } from '../chaos/bench/nodes.ts';
import type { Bench } from '../chaos/bench/type.ts';
import { POOL } from '../chaos/bench/yaml.ts';
import { lowerings } from '../chaos/fault.ts';
import { textsOf } from '../chaos/stand-ins/slack.ts';
import { printTimeline } from '../chaos/timeline.ts';
import { soon, untilShown, untilTold, untilWeight } from '../chaos/until-seen.ts';
import { goBack, goUp, type Order } from './orders.ts';
import { jobsLeft, type Stored, setDepth, storeAll } from './stored.ts';

const CHANNEL = '#bench';
/** Of any step: a busy machine makes it slower, never red. */
const WITHIN_MS = 120_000;
const ENOUGH = 1_000;
/** Behind what a reply says. */
const TIME_OF_DAY = /\s+\d\d:\d\d:\d\d$/;

/**
 * Runs it on a bench of its own and prints its timeline, also when it fails.
 * @param program the `weir` of the version before
 * @param whenStored called when everything is stored, before the first process is another one
 * @throws Error that says what was not as promised.
 */
export async function runUpgrade(
  order: Order,
  program: string,
  print: (text: string) => void,
  whenStored: (bench: Bench) => Promise<void> = async () => undefined,
): Promise<{ readonly seconds: number; readonly told: number }> {
  const from = Date.now();
  await using bench = await startBench(order.beginsNew === true ? {} : { build: program });
  try {
    const stored = await storeAll(bench, order);
    await whenStored(bench);
    const before = await recorded(bench);
    await goUp(bench, order);
    await untilToldAll(bench);
    assert.deepEqual(missing(before, await recorded(bench)), [], 'what was recorded before is there');
    const told = bench.slack.messages(CHANNEL).length;
    if (order.back !== undefined) await goBackUnderLease(bench, order.back, program);
    await endAll(bench, order, stored);
    expectOneChangeEach(bench);
    if (order.back === undefined) expectToldOnce(bench);
    return { seconds: (Date.now() - from) / 1_000, told };
  } catch (error) {
    for (const name of NODES) print(`node ${name}: ${bench.node(name).lines.slice(-15).join('\n')}\n`);
    print(`worker: ${bench.worker().lines.slice(-15).join('\n')}\n`);
    throw error;
  } finally {
    print(printTimeline(order.name, from, bench.timeline.since(from)));
  }
}

/** Nothing moves on the way back: b stays out, and the older worker learns from the nodes who has it out. */
async function goBackUnderLease(bench: Bench, nodes: readonly BenchNode[], program: string): Promise<void> {
  const counts = () => NODES.map((node) => bench.changes(node).length);
  const before = counts();
  await goBack(bench, nodes, program);
  const isLearned = async () =>
    (await bench.status()).leases.some(({ member, weight }) => member === 'b' && weight === 0);
  await soon(isLearned, WITHIN_MS, 'the older worker to have learned the lease on b');
  assert.deepEqual(counts(), before, 'changes in the tables of a and b on the way back');
  for (const node of NODES) assert.equal(bench.weights(node).b, 0, `the weight of b on ${node}`);
}

/** Ids of everything that is on record, as what they are. */
async function recorded({ redis }: Bench): Promise<string[]> {
  const [decisions, incidents, threads, deliveries] = await Promise.all([
    readDecisions(redis, POOL, ENOUGH),
    readIncidents(redis, POOL, ENOUGH),
    readThreads(redis, POOL, ENOUGH),
    readDeliveries(redis, POOL),
  ]);
  const named = { decision: decisions, incident: incidents, thread: threads } as const;
  return [
    ...Object.entries(named).flatMap(([what, all]) => all.map(({ id }) => `${what} ${id}`)),
    ...[...deliveries.keys()].map((key) => `delivery ${key}`),
  ];
}

function missing(before: readonly string[], after: readonly string[]): string[] {
  return before.filter((one) => !after.includes(one));
}

/** Slack is well again: what waited is told, and no queue has anything left, the ones of before neither. */
async function untilToldAll(bench: Bench): Promise<void> {
  bench.slack.refuse(false);
  bench.note('Slack is well again');
  const isEmpty = async () =>
    (await Promise.all((['tell', 'messages', 'show'] as const).map((name) => jobsLeft(bench, name)))).every(
      (count) => count === 0,
    );
  await soon(isEmpty, WITHIN_MS, 'the queues tell, messages and show to be empty');
  for (const pattern of [/rule files (?:are not used|rejected)/i, /drain|cannot be written/])
    await untilTold(bench, pattern, 0);
  await soon(async () => (await jobsLeft(bench, 'act-b')) === 0, WITHIN_MS, 'the queue act-b to be empty');
}

/** After a way back the pool has forgotten what waited: what fires asks anew, as soon as b is given back. */
async function askedAnew(bench: Bench, asked: string): Promise<string> {
  const isAnother = async () => (await bench.status()).waiting?.find(({ id }) => id !== asked)?.id;
  await soon(isAnother, WITHIN_MS, 'the decision to be asked for anew');
  return (await isAnother()) ?? '';
}

/** Each thing that was stored comes to its end. */
async function endAll(bench: Bench, order: Order, { asked, until }: Stored): Promise<void> {
  await untilWeight(bench, NODES, 0);
  const decisionOf = async (rule: string) =>
    (await readDecisions(bench.redis, POOL, ENOUGH)).find((one) => one.rule === rule);
  // The silence and the hold: both rules fire, one is told to nobody, the other does nothing.
  await setDepth(bench, 'all');
  await untilTold(bench, /is held by a person/, 0, WITHIN_MS);
  await soon(async () => (await decisionOf('held'))?.verdict === 'refuse', WITHIN_MS, 'the held rule to be refused');
  assert.equal((await decisionOf('held'))?.rails.at(-1)?.rail, 'hold');
  const firing = (await bench.status()).findings.filter(({ phase }) => phase === 'firing').map(({ rule }) => rule);
  assert.ok(firing.includes('quiet'), `firing is only ${firing.join()}`);

  // The lease ends by a person, by its time, or because b goes on.
  if (order.leaseEnd === 'person') await bench.weir('restore', `${POOL}/b`);
  if (order.leaseEnd === 'rule') await bench.thawRedis();
  await untilWeight(bench, NODES, 100, WITHIN_MS + Math.max(0, until - Date.now()));
  if (order.leaseEnd === 'time') {
    for (const node of NODES) {
      const [first] = bench.changes(node).filter(({ before, after = 0 }) => before === 0 && after > 0);
      assert.ok(
        (first?.at ?? 0) >= until,
        `${node} gave b back ${until - (first?.at ?? 0)} ms before its lease was over`,
      );
    }
  }

  // The decision that waited: the answer is taken, and done.
  await soon(async () => (await bench.status()).leases.length === 0, WITHIN_MS, 'the lease on b to be over');
  const id = order.back === undefined ? asked : await askedAnew(bench, asked);
  const { text } = await bench.weir('approve', id);
  assert.match(text, /^Approved/);
  await soon(() => NODES.every((node) => bench.weights(node).a === 50), WITHIN_MS, 'a at weight 50 on both');
  await setDepth(bench, 'none');
  await bench.calm(WITHIN_MS);
  await untilShown(bench);
}

/** b was taken out once and a lowered once, in each table; what was given back went one way. */
function expectOneChangeEach(bench: Bench): void {
  for (const node of NODES) {
    const lowered = lowerings(bench.changes(node)).map(({ before, after }) => `${before} to ${after}`);
    assert.deepEqual(lowered, ['100 to 0', '100 to 50'], `what ${node} lowered`);
  }
}

/** Each thread has one message at its root, what it says below is said once, and nothing was told of what is silenced. */
function expectToldOnce(bench: Bench): void {
  const messages = bench.slack.messages(CHANNEL);
  const told = messages.flatMap(({ threadTs, text, blocks }) =>
    textsOf({ text, thread_ts: threadTs, blocks }).map(
      (one) => `${threadTs ?? 'root'} ${one.replace(TIME_OF_DAY, '')}`,
    ),
  );
  const none = (what: string, found: readonly string[]) => assert.deepEqual(found, [], what);
  none(
    'told twice',
    told.filter((one, index) => told.indexOf(one) !== index),
  );
  none(
    'told although silenced',
    told.filter((one) => one.includes('is told to nobody')),
  );
  none(
    'a false alarm',
    told.filter((one) => /no worker|lost the broker/i.test(one)),
  );
  for (const once of [/asks for less weight/, /is held by a person/, /rule files (?:are not used|rejected)/i]) {
    const roots = messages.filter((one) => one.threadTs === undefined && once.test(one.text));
    assert.equal(roots.length, 1, `${roots.length} messages like ${once}`);
  }
}
