/** What happens to jobs on their way. */

import { takeJob, tick } from '../model.ts';
import { ask, decide, type Fault, someNode, unfair } from './kinds.ts';

export const JOB_FAULTS: readonly Fault[] = [
  unfair('a job is done twice', async (model) => {
    const node = someNode(model);
    const [job] = model.broker.queue(node.name);
    await takeJob(model, node);
    if (job !== undefined) await node.run(job);
  }),
  unfair('a job strays', (model) => {
    const job = model.broker.queue(someNode(model).name).pop();
    if (job !== undefined) model.strayJobs.push(job);
  }),
  unfair('a job is overtaken by a later one', async (model) => {
    const { broker, world } = model;
    const node = someNode(model);
    const [one, other] = world.members as [string, string];
    ask(model, { action: 'set_weight', target: one, weight: 60, leaseMs: 10_000 });
    await decide(model);
    const early = broker.queue(node.name).pop();
    ask(model, { action: 'restore', target: other, leaseMs: 10_000 });
    await tick(model);
    if (early !== undefined) await node.run(early);
  }),
  unfair('stray jobs arrive', async ({ strayJobs, nodes }) => {
    for (const job of strayJobs.splice(0)) await nodes.find(({ name }) => name === job.node)?.run(job);
  }),
  unfair('a job is cut off', async (model) => {
    const node = someNode(model);
    const job = model.broker.queue(node.name).shift();
    if (job !== undefined) await node.run(job, true);
  }),
];
