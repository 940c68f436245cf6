/** A node's composition: pollers and the hand. Small: no rule engine is loaded here. */

import { createHand, type Hand } from '../src/act/hand.ts';
import { readHoldFile } from '../src/act/hold-file.ts';
import { brokerAddress } from '../src/broker/address.ts';
import { type BrokerClock, createBrokerClock } from '../src/broker/clock.ts';
import { ALIVE_KEY } from '../src/broker/keys.ts';
import { type EvaluateJob, openQueue, openWorker, wake } from '../src/broker/queues.ts';
import { readHoldList, readOwed, republishLease } from '../src/broker/store.ts';
import { append } from '../src/broker/stream.ts';
import { connectBroker } from '../src/connect.ts';
import type { ActionJob } from '../src/model/action.ts';
import type { PoolConfig, WeirConfig } from '../src/model/config.ts';
import { messageOf, WeirError } from '../src/model/error.ts';
import { runFiles } from '../src/model/run-files.ts';
import type { News } from '../src/model/tell.ts';
import { createFifos } from '../src/observe/fifo.ts';
import type { SweepReading } from '../src/observe/poller.ts';
import { askSignal, createKeepalivedReader } from '../src/observe/vrrp.ts';
import { createLogger } from '../src/tell/log.ts';
import { closeTellers, createTellers, tellAll } from '../src/tell/tellers.ts';
import { actJob } from './act.ts';
import { copyNews } from './audit.ts';
import { every } from './every.ts';
import { handParts } from './hand.ts';
import { openKnownHolds } from './known-holds.ts';
import { createSweepSender, openPoller } from './observer.ts';
import { createReports } from './reports.ts';
import { closeInOrder, onceOnly, type Role } from './role.ts';
import { createBrokerWatch } from './watch-broker.ts';

/** How often the node looks at the broker, in ms. */
const LOOK_EVERY_MS = 1_000;

/**
 * Starts the node.
 * @throws WeirError when no pool has a member of this name, or another node runs on the same state_dir. A broker that is
 * away, ip_vs or keepalived that are missing are troubles, not errors: the rest goes on.
 */
export async function startNode(config: WeirConfig, name: string): Promise<Role> {
  const pools = Object.values(config.pools).filter((pool) => pool.members[name] !== undefined);
  if (pools.length === 0) {
    const names = [...new Set(Object.values(config.pools).flatMap((pool) => Object.keys(pool.members)))];
    throw new WeirError('usage', `No pool in ${config.file} has a member ${name}; there are ${names.join(', ')}.`);
  }
  const log = createLogger({ role: `node ${name}`, pretty: process.stderr.isTTY === true });
  const onError = (error: unknown) => log.warn({ error: messageOf(error) }, 'something failed');
  const tellers = await createTellers(config.tell);

  const redis = connectBroker(brokerAddress(config), 'producer');
  const patient = connectBroker(brokerAddress(config), 'patient');
  const blocking = connectBroker(brokerAddress(config), 'worker');
  for (const connection of [redis, patient, blocking]) connection.connect().catch(onError);
  const clock = createBrokerClock(redis);
  const evaluateQueue = openQueue<EvaluateJob>(redis, 'evaluate');

  const reports = createReports(async (outcome) => {
    // On a way that is slower than the others may be: given up while it arrives, it would be said over and over again.
    await append(patient, outcome);
    // It is on the stream: who is not woken finds it with the next tick.
    wake(evaluateQueue, outcome.pool).catch(onError);
  });
  const report = (outcome: Parameters<typeof reports.add>[0]) => {
    log.info({ pool: outcome.pool, member: outcome.member, result: outcome.result, detail: outcome.detail }, 'outcome');
    reports.add(outcome);
    reports.flush().catch(() => undefined); // The look at the broker tries again every second.
  };
  const hand = createHand({
    ...handParts(config, name),
    brokerNow: () => clock.now(),
    report: async (outcome) => report(outcome),
  });
  await hand.start();
  const knownHolds = await openKnownHolds(config.stateDir);

  const asked = await askSignal();
  const keepalived = createKeepalivedReader({
    keepalived: config.keepalived,
    signal: asked.signal,
    staleAfterMs: config.poll.staleAfterMs,
  });
  const dump = shareDump(keepalived.dump);
  const { vrrpFifo, lvsFifo } = runFiles(config.keepalived.runDir);
  const fifos = createFifos([vrrpFifo, lvsFifo], (hints) => {
    log.info({ hints }, 'keepalived tells a change');
    for (const { repeating } of pollers) repeating.runSoon();
  });
  const pollers = pools.map((pool) => {
    const poller = openPoller(config, pool, name, dump);
    const send = createSweepSender({
      append: (sweep) => append(redis, sweep),
      wake: (one) => wake(evaluateQueue, one),
      onError,
    });
    const once = async () => {
      const ofNode = [fifos.look(), asked.trouble].filter((trouble) => trouble !== undefined);
      const reading = withClockSkew(await poller.poll(clock.now()), clock);
      const hold = await readHoldFile(config.stateDir);
      const held = hold === undefined ? [] : [`The file hold in ${config.stateDir} forbids this node to act: ${hold}`];
      const troubles = [...reading.troubles, ...hand.troubles(pool.name), ...ofNode, ...held];
      const leases = hand.liveLeases(pool.name);
      const acted = hand.audit(pool.name)?.acts(clock.now()) ?? [];
      const raising = hand.raising(pool.name);
      const holds = knownHolds.of(pool.name, clock.now());
      const more = {
        ...(Object.keys(raising).length > 0 && { raising }),
        ...(hold !== undefined && { hold }),
        ...(acted.length > 0 && { acted }),
        ...(holds.length > 0 && { holds }),
      };
      if (clock.synced) send({ ...reading, troubles, leases, ...more });
      // Neither the sweep nor the next poll waits for the hand: it takes its time while it changes the table.
      const { director } = reading;
      const view = { pool: pool.name, now: reading.at, members: seenBy(reading) };
      void hand.onPoll({ ...view, ...(director && { director }) });
    };
    return { poller, repeating: every(config.poll.intervalMs, `poll ${pool.name}`, once, onError) };
  });

  const jobs = openWorker<ActionJob>({
    connection: blocking,
    name: `act-${name}`,
    process: (job, _token, signal) =>
      actJob(job, signal, { runJob: (data, abort) => hand.runJob(data, abort), report, now: () => clock.now() }),
    onError,
  });
  // A stalled job was begun by a process that died: it is never begun again, and the hand reports it at its start.
  jobs.on('failed', (job, error) => log.warn({ job: job?.id, error: error.message }, 'a job failed'));

  const [first] = pools as [PoolConfig, ...PoolConfig[]];
  const watchBroker = createBrokerWatch({ node: name, pool: first.name, startedAt: clock.now() });
  const tell = (news: readonly News[]) => {
    for (const one of news) void tellAll(tellers, one, { onFailure: onError });
  };
  const look = every(
    LOOK_EVERY_MS,
    'look at the broker',
    async () => {
      const alive = await lookAtBroker().catch(() => undefined);
      tell(watchBroker({ now: clock.now(), alive }));
    },
    onError,
  );

  async function lookAtBroker(): Promise<boolean> {
    await clock.sync();
    const alive = (await redis.exists(ALIVE_KEY)) === 1;
    for (const pool of pools) {
      await settleOwed(pool, hand);
      await copyNews(redis, pool.name, hand.audit(pool.name));
      await knownHolds.update(pool.name, await readHoldList(redis, pool.name), clock.now());
    }
    await reports.flush();
    return alive;
  }

  /** What the pool owes this director; and what the broker has forgotten of this node's own leases. */
  async function settleOwed(pool: PoolConfig, by: Hand): Promise<void> {
    const owed = await readOwed(redis, pool.name);
    await by.takeOwed(owed);
    const known = new Set(owed.map((lease) => lease.id));
    for (const lease of by.ownLeases(pool.name)) if (!known.has(lease.id)) await republishLease(redis, lease);
  }

  log.info({ pools: pools.map((pool) => pool.name) }, 'node is up');
  const stop = () =>
    closeInOrder(
      [
        () => fifos.close(),
        () => Promise.all(pollers.map(({ repeating }) => repeating.stop())),
        () => look.stop(),
        () => jobs.close(),
        () => hand.close(),
        () => pollers.map(({ poller }) => poller.close()),
        () => evaluateQueue.close(),
        () => closeTellers(tellers),
        () => [redis, patient, blocking].map((connection) => connection.disconnect()),
      ],
      onError,
    );
  return { stop: onceOnly(stop) };
}

/** Times in Weir are the broker's; keepalived's, the system's logs and people's are this machine's. */
function withClockSkew(reading: SweepReading, clock: BrokerClock): SweepReading {
  const { director } = reading;
  if (director === undefined || !clock.synced) return reading;
  return { ...reading, director: { ...director, clock_skew: (Date.now() - clock.now()) / 1_000 } };
}

function seenBy(reading: SweepReading): Record<string, { answering: boolean; writable: boolean }> {
  const seen = Object.entries(reading.members).map(([member, signals]) => {
    return [member, { answering: signals.answering === true, writable: signals.writable === true }] as const;
  });
  return Object.fromEntries(seen);
}

/** One dump serves all pools that ask at the same time: two signals at once would only tear the file. */
function shareDump<T>(dump: (timeoutMs: number) => Promise<T>): (timeoutMs: number) => Promise<T> {
  let current: Promise<T> | undefined;
  return (timeoutMs) => {
    current ??= dump(timeoutMs).finally(() => {
      current = undefined;
    });
    return current;
  };
}
