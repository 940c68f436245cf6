import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { ActionJob, OwedLease } from '../model/action.ts';
import type { PoolConfig, RaiseConfig } from '../model/config.ts';
import type { Outcome } from '../model/entry.ts';
import { messageOf, WeirError } from '../model/error.ts';
import type { LeaseView } from '../model/reading.ts';
import { createNodeAudit, type NodeAudit } from './audit.ts';
import { recordOfNews } from './begun.ts';
import { correct, putBack } from './correct.ts';
import { runDrill } from './drill.ts';
import { watchHandover } from './held-off.ts';
import { readHoldFile } from './hold-file.ts';
import { serveInbox } from './inbox.ts';
import { runJob } from './jobs.ts';
import { createLedger } from './ledger.ts';
import { createLock } from './lock.ts';
import type { Lvs } from './lvs.ts';
import { claimNode, releaseNode } from './node-pid.ts';
import { type Debtor, settleDebt } from './owed.ts';
import type { SetOwnWeight } from './own-weight.ts';
import { type HandRails, recordOf } from './pool-context.ts';
import type { HandoverFile } from './producers.ts';
import { createReadings, type PollView } from './readings.ts';
import { restoreHere } from './restore-here.ts';
import { moveAgain, resumeMoving } from './resume.ts';
import { ownLeasesOf, raisingOf, viewsOf } from './views.ts';
import { watch } from './watch.ts';

export interface HandDependencies {
  /** This node's name, and its member's. */
  readonly node: string;
  /** Where leases.json, node.pid and the inbox are. */
  readonly stateDir: string;
  /** This node's own weir.yaml: jobs that do not fit it are refused. */
  readonly pools: Readonly<Record<string, PoolConfig>>;
  /** How old a poll may be and still be known, in ms. */
  readonly staleAfterMs: number;
  readonly lvs: Lvs;
  readonly rails: HandRails;
  /** A connection to a member by its own address, with a command time-out. */
  redis(pool: PoolConfig, member: string): Redis;
  readonly setOwnWeight: SetOwnWeight;
  readonly raise: RaiseConfig;
  readonly handover: HandoverFile;
  /** Makes a BACKUP of a node whose keepalived was killed as MASTER (src/act/orphan.ts). */
  removeOrphan(pool: PoolConfig): Promise<void>;
  /** Broker time in ms. */
  brokerNow(): number;
  /** Takes news of leases; the hand does not wait for it, and keeping what could not be sent is its business. */
  report(outcome: Outcome): Promise<void>;
}

/** The node's hand: the only part of Weir that changes this node's LVS table. */
export interface Hand {
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
  takeOwed(leases: readonly OwedLease[]): Promise<void>;
  /** Ends every lease on a member at a person's word. Returns a sentence, or throws a WeirError. */
  restore(pool: string, member: string, by: string): Promise<string>;
  /** What this node recorded of a pool; undefined for one that it has not. */
  audit(pool: string): NodeAudit | undefined;
  liveLeases(pool: string): LeaseView[];
  /** Members whose weight is given back in steps, and where they are. */
  raising(pool: string): Record<string, number>;
  /** What a director that has lost the broker's list is owed by this node's word. */
  ownLeases(pool: string): OwedLease[];
  /** Sentences about what the hand cannot do now. */
  troubles(pool: string): string[];
  close(): Promise<void>;
}

/** How soon a node that could not change its table at all tries whether it can by now, in ms. */
const CHECK_AGAIN_MS = 30_000;

interface Desk extends Debtor {
  /** What went wrong last, by what was tried. */
  readonly troubles: Map<string, string>;
  polling: Promise<void> | undefined;
  /** Monotonic, in ms. */
  checkedAt: number;
}

export function createHand(deps: HandDependencies): Hand {
  const ledger = createLedger(join(deps.stateDir, 'leases.json'));
  const closing = new AbortController();
  const background = new Set<Promise<void>>();
  const desks = new Map(Object.values(deps.pools).map((pool) => [pool.name, createDesk(pool)]));

  function createDesk(pool: PoolConfig): Desk {
    const audit = createNodeAudit({ stateDir: deps.stateDir, node: deps.node, pool: pool.name });
    return {
      node: deps.node,
      pool,
      lvs: deps.lvs,
      rails: deps.rails,
      ledger,
      readings: createReadings(deps.staleAfterMs),
      lock: createLock(),
      moving: new Set(),
      told: new Map(),
      arrived: new Set(),
      troubles: new Map(),
      polling: undefined,
      checkedAt: Number.NEGATIVE_INFINITY,
      now: () => deps.brokerNow(),
      hold: () => readHoldFile(deps.stateDir),
      audit,
      say(outcome) {
        void audit.note(deps.brokerNow(), recordOfNews(outcome));
        void deps.report(outcome).catch(() => undefined);
      },
      redis: (member) => deps.redis(pool, member),
      setOwnWeight: deps.setOwnWeight,
      raise: deps.raise,
      handover: deps.handover,
      removeOrphan: () => deps.removeOrphan(pool),
    };
  }

  /** Does something with the pool's table under its lock; what goes wrong is a trouble until it goes right. */
  async function attempt(desk: Desk, what: string, work: () => Promise<void>): Promise<void> {
    await desk.lock(async () => {
      try {
        await ledger.ready();
        await work();
        desk.troubles.delete(what);
      } catch (error) {
        desk.troubles.set(what, messageOf(error));
      }
    });
  }

  /** People learn at the start that a node cannot act, not in the night when it should. */
  async function check(desk: Desk): Promise<void> {
    desk.checkedAt = performance.now();
    desk.troubles.delete('check');
    await desk.lvs.check(desk.pool).catch((error: unknown) => desk.troubles.set('check', messageOf(error)));
  }

  function deskOf(pool: string, member: string): Desk {
    const desk = desks.get(pool);
    if (desk?.pool.members[member] !== undefined) return desk;
    const missing = desk === undefined ? `pool ${pool}` : `member ${member} in pool ${pool}`;
    throw new WeirError('usage', `weir.yaml of this node has no ${missing}.`);
  }

  const restore = (pool: string, member: string, by: string) => restoreHere(deskOf(pool, member), member, by);

  return {
    restore,

    async start() {
      await claimNode(deps.stateDir);
      for (const desk of desks.values()) {
        await desk.audit.start(deps.brokerNow());
        await check(desk);
        await attempt(desk, 'poll', async () => {
          await putBack(desk);
          for (const member of Object.keys(recordOf(desk).holds))
            await correct(desk, member, await desk.lvs.read(desk.pool));
        });
      }
    },

    async runJob(job, signal) {
      try {
        if (job.node !== deps.node)
          throw new WeirError('usage', `The job is for ${job.node}, and this node is ${deps.node}.`);
        const desk = deskOf(job.pool, job.member);
        if (job.drill !== undefined) return await runDrill(desk, job, job.drill.until);
        return await runJob(desk, job, AbortSignal.any([signal, closing.signal]));
      } catch (error) {
        const { decision, pool, member } = job;
        const at = deps.brokerNow();
        return {
          kind: 'outcome',
          pool,
          decision,
          node: deps.node,
          member,
          at,
          result: 'refused',
          detail: messageOf(error),
        };
      }
    },

    async onPoll(view) {
      const desk = desks.get(view.pool);
      if (desk === undefined) return;
      desk.readings.add(view);
      await serveInbox(deps.stateDir, ({ pool, member, by }) => restore(pool, member, by));
      if (desk.troubles.has('check') && performance.now() - desk.checkedAt > CHECK_AGAIN_MS) await check(desk);
      // A poll that comes while the last one is still being worked on adds nothing: the table is read anew anyway.
      desk.polling ??= attempt(desk, 'poll', async () => {
        if (desk.readings.tookOver()) await moveAgain(desk);
        await watchHandover(desk);
        await watch(desk, view);
      }).finally(() => {
        desk.polling = undefined;
        if (!closing.signal.aborted) resumeMoving(desk, background, closing.signal);
      });
      await desk.polling;
    },

    async takeOwed(leases) {
      for (const owed of leases) {
        const desk = desks.get(owed.pool);
        if (desk !== undefined) await attempt(desk, `owed ${owed.id}`, () => settleDebt(desk, owed, closing.signal));
      }
    },

    audit: (pool) => desks.get(pool)?.audit,

    liveLeases: (pool) => viewsOf(ledger.pool(pool).holds),
    raising: (pool) => raisingOf(ledger.pool(pool).holds),
    ownLeases: (pool) => ownLeasesOf(pool, ledger.pool(pool).holds),

    troubles(pool) {
      const desk = desks.get(pool);
      const found = [...(desk?.troubles.values() ?? []), ledger.trouble, desk?.audit.trouble];
      return [...new Set(found.filter((one) => one !== undefined))];
    },

    async close() {
      closing.abort();
      await Promise.allSettled(background);
      for (const desk of desks.values()) await desk.lock(async () => undefined);
      await releaseNode(deps.stateDir);
    },
  };
}
