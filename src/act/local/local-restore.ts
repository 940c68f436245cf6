import { createActuator } from '../actuator.ts';
import type { ActuatorDependencies } from '../node-pool.ts';
import { askNode } from './inbox.ts';
import { livingNode } from './node-pid.ts';

/** A node looks into its inbox with every poll; two polls and a slow ipvsadm later it has answered, in ms. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * `weir restore <pool>/<member> --local`: ends this node's leases on a member and gives it its weight back, without the
 * broker. A node process that runs does it; otherwise it is done here, under the same files.
 * @returns one sentence for people. Throws a WeirError that says what stands in the way.
 */
export async function restoreLocally(
  deps: Omit<ActuatorDependencies, 'report'>,
  asked: { readonly pool: string; readonly member: string; readonly by: string },
): Promise<string> {
  if ((await livingNode(deps.stateDir)) !== undefined) {
    return askNode(deps.stateDir, { action: 'restore', ...asked }, ANSWER_WITHIN_MS);
  }
  // Nobody listens: the end is written down, and the next node process tells the pool when it reads that the lease is still desired.
  const actuator = createActuator({ ...deps, report: async () => undefined });
  await actuator.start();
  try {
    return await actuator.restore(asked.pool, asked.member, asked.by);
  } finally {
    await actuator.close();
  }
}
