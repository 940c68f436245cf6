/** The hand of this node, put together for the node's role and for `weir restore --local`. */

import type { HandDependencies } from '../src/act/hand.ts';
import { createLvs } from '../src/act/lvs.ts';
import { createRun } from '../src/act/run.ts';
import { connectWatched } from '../src/connect.ts';
import type { PoolConfig, WeirConfig } from '../src/model/config.ts';
import { readTable } from '../src/observe/lvs.ts';
import { fence } from '../src/rails/fence.ts';
import { preflight } from '../src/rails/preflight.ts';

/** An answer of a member to the hand may take longer than one to a poll: CLIENT LIST of many clients does. In ms. */
const REDIS_ANSWERS_WITHIN_MS = 2_000;

/** All that the hand needs and that does not depend on who runs it. */
export function handParts(
  config: WeirConfig,
  node: string,
): Omit<HandDependencies, 'report' | 'brokerNow' | 'isMaster'> {
  return {
    node,
    stateDir: config.stateDir,
    pools: config.pools,
    staleAfterMs: config.poll.staleAfterMs,
    lvs: createLvs({ run: createRun(), readTable }),
    rails: { fence, preflight },
    redis(pool: PoolConfig, member: string) {
      const address = pool.members[member]?.address ?? '';
      return connectWatched({ ...pool.redis, host: address, port: pool.vip.port, timeoutMs: REDIS_ANSWERS_WITHIN_MS });
    },
  };
}
