/** The pool as Weir sees it, and whether it is calm. */

import { loadConfig } from '../../src/config/load.ts';
import type { WeirConfig } from '../../src/model/configuration/config.ts';
import type { PoolStatus } from '../../src/model/people/status.ts';
import { readStatus } from '../../src/operations/views/status.ts';
import type { Lab } from '../lab.ts';
import { untilValue } from '../until.ts';

async function configOf(lab: Lab): Promise<WeirConfig> {
  return loadConfig({ path: lab.configFile, env: lab.env, cwd: '/' });
}

export async function poolOf(lab: Lab): Promise<PoolStatus> {
  const status = await readStatus(lab.broker, await configOf(lab));
  return status.pools[0] as PoolStatus;
}

/** Both members serve, a is MASTER, nothing fires, nothing is held, the pool has settled and nothing waits to be folded. */
export async function untilCalm(lab: Lab): Promise<void> {
  await untilValue(
    async () => {
      const { facts, settlesAt, evaluatedAt = 0, findings, leases } = await poolOf(lab);
      return {
        behind: Date.now() - evaluatedAt > 3_000,
        serving: facts.pool.serving_members,
        master: facts.pool.master,
        settling: settlesAt !== undefined,
        firing: findings.filter((one) => one.phase === 'firing').map((one) => `${one.rule}/${one.target}`),
        leases: leases.map((one) => one.id),
      };
    },
    (seen) =>
      seen.serving === 2 &&
      seen.master === 'a' &&
      !seen.settling &&
      !seen.behind &&
      seen.firing.length + seen.leases.length === 0,
    120_000,
    'the pool to be calm',
  );
}
