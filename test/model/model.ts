/** The model in motion: what is in it, and how an ordinary second passes. */

import type { ActionJob } from '../../src/model/action.ts';
import type { Broker, Folded } from './broker.ts';
import type { Chance } from './chance.ts';
import type { Invariants } from './invariants.ts';
import type { Node } from './node.ts';
import { fold, type Parts } from './worker.ts';
import { POOL, type World } from './world.ts';

export interface Model {
  readonly world: World;
  readonly broker: Broker;
  readonly nodes: readonly Node[];
  readonly invariants: Invariants;
  readonly chance: Chance;
  readonly parts: Parts;
  isWorkerCut: boolean;
  readonly snapshots: ReturnType<Broker['snapshot']>[];
  /** What workers have folded and not committed yet, because they stand still. */
  readonly frozen: Folded[];
  /** Jobs that somebody has taken and will bring again, late. */
  readonly strayJobs: ActionJob[];
  entries: number;
  readonly verdicts: Record<string, number>;
}

/** What a worker does, up to where it dies; `before`: it writes nothing. */
export async function evaluate(
  model: Model,
  dies?: 'before commit' | 'before delivery' | 'in delivery',
): Promise<void> {
  const { broker, invariants } = model;
  if (dies === undefined) broker.deliver();
  const folded = fold(broker, model.parts, model.world.now);
  invariants.folded(folded, model.parts);
  if (dies === 'before commit') return;
  commit(model, folded);
  if (dies === 'in delivery') broker.deliver(1);
  else if (dies === undefined) broker.deliver();
}

export function commit(model: Model, folded: Folded): boolean {
  const { broker, invariants, nodes } = model;
  const before = broker.kept.state?.cursor;
  const isWritten = broker.commit(folded);
  invariants.committed(before, broker);
  if (!isWritten) return false;
  invariants.verified(folded.results, nodes);
  model.entries += folded.results.length;
  for (const { events } of folded.results) {
    for (const event of events) {
      if (event.type !== 'decision') continue;
      const { verdict, rails } = event.decision;
      const key = verdict === 'refuse' ? `refuse: ${rails.at(-1)?.rail}` : verdict;
      model.verdicts[key] = (model.verdicts[key] ?? 0) + 1;
    }
  }
  return true;
}

/** A second: nodes poll, take a job each, a worker evaluates. */
export async function tick(model: Model): Promise<void> {
  const { world, broker, nodes, invariants } = model;
  world.now += 1_000;
  for (const node of nodes) {
    await node.poll();
    invariants.polled(node, world);
  }
  if (!model.isWorkerCut) {
    broker.append({ kind: 'tick', pool: POOL.name });
    await evaluate(model);
  }
  for (const node of nodes) await takeJob(model, node);
}

export async function takeJob({ broker, invariants }: Model, node: Node): Promise<void> {
  if (node.hand === undefined || node.isCut) return;
  const job = broker.queue(node.name).shift();
  if (job === undefined) return;
  await node.run(job);
  const acts = node.hand?.audit(POOL.name)?.acts(node.now) ?? [];
  for (const { decision } of acts) {
    const begun = invariants.begunOn.get(decision) ?? new Set();
    invariants.begunOn.set(decision, begun.add(node.name));
  }
}
