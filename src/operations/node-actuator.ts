/** Puts the actuator of this node together, for the node's role and for `weir restore --local`. */

import { join } from 'node:path';
import { latestTime, readLeaseFile } from '../act/ledger/lease-file.ts';
import { createLvs } from '../act/lvs/lvs.ts';
import { createSetOwnWeight } from '../act/lvs/own-weight.ts';
import type { ActuatorDependencies, ActuatorTime } from '../act/node-pool.ts';
import { removeOrphan } from '../act/vip/orphan.ts';
import { readTrackFile, writeTrackFile } from '../lib/files/track-file.ts';
import { connectWatched } from '../lib/redis/connections.ts';
import { createRun } from '../lib/run-program.ts';
import type { PoolConfig, WeirConfig } from '../model/configuration/config.ts';
import { handoverFile } from '../model/configuration/run-files.ts';
import { readTable } from '../observe/director/read-lvs-table.ts';
import { fence } from '../rails/fence.ts';
import { holdFile } from '../rails/hold-file.ts';
import { nodeBudget } from '../rails/node-budget.ts';
import { preflight } from '../rails/preflight.ts';
import { preflightVip } from '../rails/preflight-vip.ts';

/** The actuator waits longer for a member than a poll does: CLIENT LIST of many clients takes long. In ms. */
const REDIS_ANSWERS_WITHIN_MS = 2_000;

/** Everything that the actuator needs and that does not depend on who runs it. */
export function actuatorParts(
  config: WeirConfig,
  node: string,
): Omit<ActuatorDependencies, 'report' | keyof ActuatorTime> {
  const run = createRun();
  return {
    node,
    stateDir: config.stateDir,
    pools: config.pools,
    staleAfterMs: config.poll.staleAfterMs,
    lvs: createLvs({ run, readTable }),
    raise: config.policy.raise,
    setOwnWeight: createSetOwnWeight(config.keepalived.runDir),
    budget: config.node.budget,
    rails: { holdFile, fence, nodeBudget, preflight, preflightVip },
    handover(pool) {
      const file = handoverFile(config.keepalived.runDir, Object.values(config.pools), node, pool);
      return { read: () => readTrackFile(file), write: (value) => writeTrackFile(file, value) };
    },
    removeOrphan(pool) {
      const device = pool.members[node]?.interface ?? pool.vrrp.interface;
      return removeOrphan(run, pool, device);
    },
    redis(pool: PoolConfig, member: string) {
      const address = pool.members[member]?.address ?? '';
      return connectWatched({ ...pool.redis, host: address, port: pool.vip.port, timeoutMs: REDIS_ANSWERS_WITHIN_MS });
    },
  };
}

/** The latest broker time in the node's lease file, in ms; 0 where it cannot be read, which the actuator reports. */
export async function latestKnown(stateDir: string): Promise<number> {
  return latestTime(await readLeaseFile(join(stateDir, 'leases.json')).catch(() => ({})));
}
