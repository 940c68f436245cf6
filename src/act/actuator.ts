import type { ActionJob, DesiredLease } from '../model/decisions/action.ts';
import type { Outcome } from '../model/decisions/outcome.ts';
import { messageOf, WeirError } from '../model/error.ts';
import type { LeaseView } from '../model/readings/reading.ts';
import type { NodeAudit } from './audit/audit.ts';
import { runDrill } from './drill.ts';
import { runGone } from './gone-job.ts';
import { runJob } from './job.ts';
import { correct, putBack } from './leases/correct.ts';
import { reconcileLease } from './leases/desired.ts';
import { recordOf } from './leases/lease-sets.ts';
import { raisingOf, viewsOf } from './leases/reports.ts';
import { watch } from './leases/upkeep.ts';
import type { PoolRecord } from './ledger/pool-record.ts';
import { serveInbox } from './local/inbox.ts';
import { claimNode, releaseNode } from './local/node-pid.ts';
import type { ActuatorDependencies } from './node-pool.ts';
import {
  attempt,
  checkTable,
  createNodePools,
  endAllGone,
  findGone,
  type NodePools,
  nodePoolOf,
  restoreMember,
  troublesOf,
} from './node-pools.ts';
import { moveAgain, resumeMoving } from './producers/resume-moving.ts';
import type { PollView } from './readings.ts';
import { watchHandover } from './vip/keep-off.ts';

/** The node's actuator: the only part of Weir that changes this node's LVS table. */
export interface Actuator {
  /**
   * Becomes the node of the state_dir, and finishes what a process that died left half done. Throws a WeirError when
   * another node runs; a lease file that cannot be read is a trouble, not an error.
   */
  start(): Promise<void>;
  /** Runs a job to its outcome. Never throws. */
  runJob(job: ActionJob, signal: AbortSignal): Promise<Outcome>;
  /** To be called after each poll of a pool; looks at everything that is held. Never throws. */
  onPoll(view: PollView): Promise<void>;
  /** Takes up, renews and ends what `weir:{pool}:leases` says. Never throws. */
  takeDesired(leases: readonly DesiredLease[]): Promise<void>;
  /** Ends every lease on a member at a person's word. Returns a sentence, or throws a WeirError. */
  restore(pool: string, member: string, by: string): Promise<string>;
  /** What this node recorded of a pool; undefined for one that it has not. */
  audit(pool: string): NodeAudit | undefined;
  liveLeases(pool: string): LeaseView[];
  /** Members whose weight is given back in steps, and where they are. */
  raising(pool: string): Record<string, number>;
  /** Sentences about what the actuator cannot do now. */
  troubles(pool: string): string[];
  close(): Promise<void>;
}

/** How soon a node that could not change its table at all tries whether it can by now, in ms. */
const CHECK_AGAIN_MS = 30_000;

/** What runs in this process beside the jobs, and ends with it. */
interface Background {
  readonly closing: AbortController;
  /** Producers that are being moved. */
  readonly moves: Set<Promise<void>>;
}

export function createActuator(deps: ActuatorDependencies): Actuator {
  const pools = createNodePools(deps);
  const background: Background = { closing: new AbortController(), moves: new Set() };
  const { signal: closing } = background.closing;
  return {
    start: () => start(pools),
    runJob: (job, signal) => run(pools, job, AbortSignal.any([signal, closing])),
    onPoll: (view) => onPoll(pools, view, background),
    takeDesired: (leases) => takeDesired(pools, leases, closing),
    restore: (pool, member, by) => restoreMember(pools, pool, member, by),
    audit: (pool) => pools.configured.get(pool)?.audit,
    liveLeases: (pool) => viewsOf(leaseSetsOf(pools, pool)),
    raising: (pool) => raisingOf(leaseSetsOf(pools, pool)),
    troubles: (pool) => troublesOf(pools, pool),
    async close() {
      background.closing.abort();
      await Promise.allSettled(background.moves);
      for (const nodePool of [...pools.configured.values(), ...pools.gone.values()]) {
        await nodePool.lock(async () => undefined);
      }
      await releaseNode(deps.stateDir);
    },
  };
}

async function start(pools: NodePools): Promise<void> {
  const { deps, ledger, configured } = pools;
  await claimNode(deps.stateDir);
  for (const nodePool of configured.values()) {
    await nodePool.audit.start(deps.brokerNow());
    await checkTable(nodePool);
    await attempt(nodePool, 'poll', async () => {
      await putBack(nodePool);
      for (const member of Object.keys(recordOf(nodePool).holds)) {
        await correct(nodePool, member, await nodePool.lvs.read(nodePool.pool));
      }
    });
  }
  await ledger.ready().catch(() => undefined);
  await findGone(pools);
  await endAllGone(pools);
}

async function run(pools: NodePools, job: ActionJob, signal: AbortSignal): Promise<Outcome> {
  const { deps } = pools;
  const { decision, pool, member } = job;
  try {
    if (job.node !== deps.node) {
      throw new WeirError('usage', `The job is for ${job.node}, and this node is ${deps.node}.`);
    }
    if (pools.configured.get(pool)?.pool.members[member] === undefined) return await runGone(pools, job, signal);
    const nodePool = nodePoolOf(pools, pool, member);
    if (job.drill !== undefined) return await runDrill(nodePool, job, job.drill.until);
    return await runJob(nodePool, job, signal);
  } catch (error) {
    const at = deps.brokerNow();
    const detail = messageOf(error);
    return { kind: 'outcome', pool, decision, node: deps.node, member, at, result: 'refused', detail };
  }
}

async function onPoll(pools: NodePools, view: PollView, { closing, moves }: Background): Promise<void> {
  const { deps } = pools;
  const nodePool = pools.configured.get(view.pool);
  if (nodePool === undefined) return;
  nodePool.readings.add(view);
  await serveInbox(deps.stateDir, ({ pool, member, by }) => restoreMember(pools, pool, member, by));
  if (nodePool.troubles.has('check') && performance.now() - nodePool.checkedAt > CHECK_AGAIN_MS) {
    await checkTable(nodePool);
  }
  // A poll that comes while the last one is still being worked on adds nothing: the table is read anew anyway.
  nodePool.polling ??= attempt(nodePool, 'poll', async () => {
    if (nodePool.readings.tookOver()) await moveAgain(nodePool);
    await watchHandover(nodePool);
    await watch(nodePool);
  }).finally(() => {
    nodePool.polling = undefined;
    if (!closing.signal.aborted) resumeMoving(nodePool, moves, closing.signal);
  });
  await nodePool.polling;
  await endAllGone(pools);
}

async function takeDesired(pools: NodePools, leases: readonly DesiredLease[], closing: AbortSignal): Promise<void> {
  for (const desired of leases) {
    const nodePool = pools.configured.get(desired.pool);
    if (nodePool === undefined) continue;
    await attempt(nodePool, `desired lease ${desired.id}`, () => reconcileLease(nodePool, desired, closing));
  }
}

/** The lease sets of members that weir.yaml has; the pool does not hear of others. */
function leaseSetsOf({ configured }: NodePools, pool: string): PoolRecord['holds'] {
  const nodePool = configured.get(pool);
  return nodePool === undefined ? {} : recordOf(nodePool).holds;
}
