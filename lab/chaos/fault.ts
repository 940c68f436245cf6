/** The shape of a fault, and what is checked after each of them. */

import assert from 'node:assert/strict';
import { readDecisions } from '../../src/broker/store.ts';
import type { Decision } from '../../src/model/decisions/decision.ts';
import { isEnd } from '../../src/model/decisions/outcome.ts';
import { JOB_EXPIRES_MS } from '../../src/rules/state/state.ts';
import { type BenchNode, NODES } from './bench/nodes.ts';
import type { TableChange } from './bench/table.ts';
import type { Bench } from './bench/type.ts';
import { printTimeline } from './timeline.ts';
import { untilShown } from './until-seen.ts';

export interface Fault {
  /** As `npm run chaos -- <name>` takes it. */
  readonly name: string;
  /** What people are promised. */
  readonly promise: string;
  /** Brings the fault in, waits for what must happen meanwhile, and takes it away again. */
  inject(bench: Bench): Promise<void>;
  /** Checks the promise against what was seen, when the bench is calm again. */
  expect(seen: Seen): void;
}

export interface Seen {
  /** Decisions since the fault began, oldest first. */
  readonly decisions: readonly Decision[];
  /** Changes of each node's table since then. */
  readonly changes: Readonly<Record<BenchNode, readonly TableChange[]>>;
  /** What people were told since then. */
  readonly told: readonly string[];
  readonly seconds: number;
}

/** A program that hangs holds up a job that came in time by so much. */
const TOOL_GRACE_MS = 7_000;

/** Runs a fault on a calm bench. Prints its timeline, also when it fails. */
export async function runFault(bench: Bench, fault: Fault, print: (text: string) => void): Promise<Seen> {
  const from = Date.now();
  const [newest] = await readDecisions(bench.redis, 'logs', 1);
  try {
    await fault.inject(bench);
    bench.note('the fault is over');
    await bench.calm();
    bench.note('everything is as it was');
    await untilShown(bench);
    const seen = await look(bench, from, newest?.id);
    holdAlways(seen);
    fault.expect(seen);
    return seen;
  } catch (error) {
    for (const name of NODES) print(`node ${name}: ${bench.node(name).lines.slice(-15).join('\n')}\n`);
    print(`worker: ${bench.worker().lines.slice(-15).join('\n')}\n`);
    await heal(bench).catch(() => undefined);
    throw error;
  } finally {
    print(printTimeline(`${fault.name}: ${fault.promise}`, from, bench.timeline.since(from)));
  }
}

/** Heals the bench after a fault that did not end, so that the next fault starts on a healthy one. */
async function heal(bench: Bench): Promise<void> {
  for (const node of NODES) {
    bench.tool(node, 'works');
    await bench.directors[node].keepalived.kill('SIGCONT');
    await bench.node(node).kill('SIGCONT');
  }
  for (const link of [...Object.values(bench.brokerLinks), ...Object.values(bench.linksToB)]) link.set('pass');
  await bench.thawRedis();
  await bench.broker.program.kill('SIGCONT');
  await bench.setBrokerClock(0);
  if (bench.redis.status !== 'ready') return;
  await bench.redis.config('SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction');
}

async function look(bench: Bench, from: number, newest: string | undefined): Promise<Seen> {
  const all = await readDecisions(bench.redis, 'logs', 1_000);
  const index = newest === undefined ? -1 : all.findIndex((one) => one.id === newest);
  const since = (name: BenchNode) => bench.changes(name).filter((one) => one.at >= from && one.held === undefined);
  return {
    decisions: all
      .slice(0, index < 0 ? all.length : index)
      .filter((one) => one.at >= from)
      .reverse(),
    changes: { a: since('a'), b: since('b') },
    told: bench.slack.told.filter((one) => one.at >= from).map((one) => one.text),
    seconds: (Date.now() - from) / 1_000,
  };
}

export function lowerings(changes: readonly TableChange[]): TableChange[] {
  return changes.filter(({ before = 0, after }) => after !== undefined && after < before);
}

/** Holds after every fault: no action twice, and none on stale data. A calm bench has nothing left behind. */
export function holdAlways({ decisions, changes }: Seen): void {
  const acts = decisions.filter((one) => one.verdict === 'act' && one.action !== 'restore');
  for (const node of NODES) {
    const done = lowerings(changes[node]);
    const meant = acts.filter((one) => one.nodes.includes(node));
    // A broker that lost its memory has lost decisions too. The tables of both nodes then tell the same story.
    if (meant.length > 0) {
      assert.ok(done.length <= meant.length, `${node}: ${done.length} weights taken away by ${meant.length} decisions`);
    }
    for (const { at } of done) {
      const youngest = Math.max(...acts.filter((one) => one.at <= at + 100).map((one) => one.at));
      const held = acts.some((one) => one.at <= at && isOwedAt(one, at));
      const ageMs = at - youngest;
      assert.ok(ageMs < JOB_EXPIRES_MS + TOOL_GRACE_MS || held || acts.length === 0, `${node} acted ${ageMs} ms late`);
    }
  }
}

/** A director that missed the job takes the lease up as long as the lease lives. */
function isOwedAt({ history, at: decidedAt, leaseMs = 0 }: Decision, at: number): boolean {
  const ends = history.filter(isEnd).map((one) => one.at);
  return at < Math.min(decidedAt + leaseMs, ...ends);
}

/** The table of each director lost the weight of b once. */
export function expectOneLowering({ changes }: Seen): void {
  for (const node of NODES) {
    const lowered = lowerings(changes[node]);
    assert.equal(lowered.length, 1, `${node} lowered ${lowered.length} times`);
  }
}

/** Node a took no weight long after the decision. */
export function expectNothingLate(seen: Seen): void {
  const [act] = actsOf(seen);
  const late = lowerings(seen.changes.a).filter(({ at }) => at > (act?.at ?? 0) + 5_000);
  assert.deepEqual(late, []);
  expectTold(seen.told);
}

export function actsOf({ decisions }: Seen): Decision[] {
  return decisions.filter(({ verdict }) => verdict === 'act');
}

/** The usual story: b was silent, was drained once by each node, verified, told, and given back. */
export function expectOneDrain(seen: Seen): void {
  assert.deepEqual(
    actsOf(seen).map((one) => `${one.action} ${one.target} ${one.state}`),
    ['drain b verified'],
  );
  expectOneLowering(seen);
  expectTold(seen.told);
}

/** People were told that b cannot be written. */
export function expectTold(told: readonly string[]): void {
  assert.ok(
    told.some((text) => /cannot be written/.test(text)),
    `told was only ${JSON.stringify(told)}`,
  );
}

export function expectNoAction(seen: Seen): void {
  assert.deepEqual(
    actsOf(seen).map(({ id }) => id),
    [],
  );
  assert.deepEqual(
    NODES.map((node) => lowerings(seen.changes[node])),
    [[], []],
  );
}
