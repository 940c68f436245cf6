/** The hand of this node, put together for the node's role and for `weir restore --local`. */

import type { HandDependencies } from '../src/act/hand.ts';
import { createLvs } from '../src/act/lvs.ts';
import { removeOrphan } from '../src/act/orphan.ts';
import { createSetOwnWeight } from '../src/act/own-weight.ts';
import { createRun } from '../src/act/run.ts';
import { connectWatched } from '../src/connect.ts';
import type { PoolConfig, WeirConfig } from '../src/model/config.ts';
import { runFiles } from '../src/model/run-files.ts';
import { readTable } from '../src/observe/lvs.ts';
import { fence } from '../src/rails/fence.ts';
import { holdFile } from '../src/rails/hold-file.ts';
import { preflight } from '../src/rails/preflight.ts';
import { preflightVip } from '../src/rails/preflight-vip.ts';
import { readTrackFile, writeTrackFile } from '../src/track-file.ts';

/** An answer of a member to the hand may take longer than one to a poll: CLIENT LIST of many clients does. In ms. */
const REDIS_ANSWERS_WITHIN_MS = 2_000;

/** All that the hand needs and that does not depend on who runs it. */
export function handParts(config: WeirConfig, node: string): Omit<HandDependencies, 'report' | 'brokerNow'> {
  const run = createRun();
  const { handover } = runFiles(config.keepalived.runDir);
  return {
    node,
    stateDir: config.stateDir,
    pools: config.pools,
    staleAfterMs: config.poll.staleAfterMs,
    lvs: createLvs({ run, readTable }),
    raise: config.policy.raise,
    setOwnWeight: createSetOwnWeight(config.keepalived.runDir),
    rails: { holdFile, fence, preflight, preflightVip },
    handover: { read: () => readTrackFile(handover), write: (value) => writeTrackFile(handover, value) },
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
