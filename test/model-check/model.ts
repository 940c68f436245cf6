/** The model in motion: what is in it, and how an ordinary second passes. */

import type { Invariants } from './invariants/invariants.ts';
import type { Liveness } from './invariants/liveness.ts';
import type { Evaluated } from './machines/broker.ts';
import type { Node } from './machines/node.ts';
import type { Worker } from './machines/parts.ts';
import { fold, OBSERVER, observe } from './machines/worker.ts';
import { POOL } from './machines/world.ts';
import type { Setting } from './setting.ts';

export interface Model extends Setting {
  readonly invariants: Invariants;
  readonly liveness: Liveness;
}

/** Whoever comes first evaluates. */
export function someWorker(model: Model): Worker {
  model.turn += 1;
  const { otherParts, parts } = model;
  const isOther = otherParts !== undefined && model.turn % 2 === 0;
  return isOther
    ? { name: 'worker-x /etc/weir.yaml', parts: otherParts }
    : { name: `${OBSERVER} /etc/weir.yaml`, parts };
}

/** What a worker does, up to where it dies; `before`: it writes nothing. */
export async function evaluate(
  model: Model,
  dies?: 'before commit' | 'before delivery' | 'in delivery',
): Promise<void> {
  const { broker, invariants } = model;
  if (dies === undefined) broker.deliver();
  const folded = fold(model, someWorker(model));
  invariants.folded(folded, model);
  if (dies === 'before commit') return;
  commit(model, folded);
  if (dies === 'in delivery') broker.deliver(1);
  else if (dies === undefined) broker.deliver();
}

export function commit(model: Model, folded: Evaluated): boolean {
  const { broker, invariants } = model;
  const before = broker.kept.state?.cursor;
  const isWritten = broker.commit(folded);
  invariants.committed(before, broker);
  if (!isWritten) return false;
  invariants.written(folded, model);
  for (const event of folded.events) {
    if (event.type !== 'decision') continue;
    const { verdict, rails } = event.decision;
    const key = verdict === 'refuse' ? `refuse: ${rails.at(-1)?.rail}` : verdict;
    model.verdicts[key] = (model.verdicts[key] ?? 0) + 1;
  }
  return true;
}

/** Another node takes the VIP of a MASTER whose host is gone. */
function moveVip({ world, liveness }: Model): void {
  const isGone = (name: string) => world.trouble(name) === 'dead';
  if (world.second !== undefined && isGone(world.second)) world.second = undefined;
  const heir = world.members.find((name) => !isGone(name));
  if (!isGone(world.master) || heir === undefined) return;
  world.master = heir;
  liveness.disturb(world.now);
}

/** A second: keepalived checks, nodes poll and take a job each, a worker looks and evaluates. */
export async function tick(model: Model): Promise<void> {
  const { world, broker, nodes, invariants } = model;
  world.now += 1_000;
  for (const node of nodes) await node.followHost();
  moveVip(model);
  for (const { kernel } of nodes) kernel.check();
  for (const node of nodes) {
    await node.poll();
    invariants.polled(node, model);
  }
  model.liveness.polled(model);
  if (!model.isWorkerCut) {
    const { workerClock } = model;
    await workerClock.sync();
    await model.clockWatch.look();
    if (workerClock.synced) {
      observe(model, workerClock.now());
      broker.appendTick(workerClock.now());
      await evaluate(model);
    }
  }
  for (const node of nodes) await takeJob(model, node);
  model.liveness.look(model);
  invariants.ask();
}

/** Some seconds pass, and nothing else. */
export async function pass(model: Model, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) await tick(model);
}

export async function takeJob({ broker, invariants }: Model, node: Node): Promise<void> {
  if (!node.isUp || node.isCut) return;
  const job = broker.queue(node.name).shift();
  if (job === undefined) return;
  await node.run(job);
  const acts = node.actuator?.audit(POOL.name)?.acts(node.now) ?? [];
  for (const { decision } of acts) {
    const begun = invariants.begunOn.get(decision) ?? new Set();
    invariants.begunOn.set(decision, begun.add(node.name));
  }
}
