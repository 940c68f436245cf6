/** Sets Weir up anew in a lab that goes on. Test files that share one boot begin with this. */

import type { Logs } from '../session/logs.ts';
import { nodeName, type Weir, WORKER } from '../weir/weir.ts';
import type { Tree } from '../weir/weir-yaml.ts';
import type { Faults } from './faults.ts';
import type { Member } from './topology.ts';

export interface RenewOptions {
  /** Laid over the lab's weir.yaml. */
  readonly config?: Tree;
  /** Folder of the rule files, absolute. */
  readonly rules?: string;
}

interface Parts {
  readonly weir: Weir;
  readonly faults: Faults;
  readonly logs: Logs;
  readonly members: readonly Member[];
}

/**
 * Empties the broker and starts Weir with these options. A node that runs with the same ones goes on: it has no memory but
 * its leases, and starting it takes the guest several seconds. Waits until the pool has settled.
 */
export async function renewWeir(
  { weir, faults, logs, members }: Parts,
  before: RenewOptions,
  options: RenewOptions,
): Promise<void> {
  const same = JSON.stringify(before) === JSON.stringify(options);
  const anew = members.filter((node) => !same || !logs.isRunning(nodeName(node)));
  if (logs.isRunning(WORKER)) await faults.killWorker();
  await Promise.all(anew.filter((node) => logs.isRunning(nodeName(node))).map(faults.killNode));
  await weir.forget(anew);
  await weir.configure(options.config ?? {}, options.rules);
  await Promise.all([...anew.map(weir.startNode), weir.startWorker()]);
  await weir.settled();
}
