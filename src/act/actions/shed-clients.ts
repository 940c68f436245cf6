import type { Done } from '../done.ts';
import { rowOf } from '../leases/lease-sets.ts';
import { begin, cutOffBefore, doneNow, type RunningJob, refusalToTake, refused } from '../running-job.ts';
import type { Action } from './action.ts';
import { moveByJob } from './move-by-job.ts';

/** Ends every producer's connection to the member once; where each lands is LVS's choice. */
export const shedClients: Action = {
  kind: 'shed_clients',
  async run(running) {
    const refusal = await running.nodePool.lock(() => beginShedding(running));
    if (refusal !== undefined) return refusal;
    const moving = await moveByJob(running, { drained: false });
    return doneNow(running, { result: 'applied', ...moving });
  },
};

/** Changes no weight. Asks the rails, and writes down that the action began. */
async function beginShedding(running: RunningJob): Promise<Done | undefined> {
  const { nodePool, job } = running;
  const refusal = await refusalToTake(running);
  if (refusal !== undefined) return refusal;
  const table = await nodePool.lvs.read(nodePool.pool);
  const verdict = nodePool.rails.preflight({
    action: job.action,
    member: job.member,
    weight: rowOf(table, job.member).weight,
    table,
    writable: nodePool.readings.writable(nodePool.now()),
  });
  if (!verdict.pass) return refused(running, `${verdict.rail}: ${verdict.sentence}`);
  const cut = await cutOffBefore(running);
  if (cut !== undefined) return doneNow(running, cut);
  await nodePool.ledger.write(nodePool.pool.name, await begin(running));
  return undefined;
}
