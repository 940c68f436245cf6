/** The worker's composition: evaluate, tell, schedule, the page. Holds no state that another worker could miss. */

import { hostname } from 'node:os';
import { brokerAddress } from '../src/broker/address.ts';
import { readIncidents } from '../src/broker/desk.ts';
import type { BrokerHealth } from '../src/broker/health.ts';
import { checkBroker } from '../src/broker/health.ts';
import { type EvaluateJob, jobIdOf, openQueue, openWorker, showSoon, wake } from '../src/broker/queues.ts';
import type { OutboxItem, ShowJob } from '../src/broker/store.ts';
import { append } from '../src/broker/stream.ts';
import { connectBroker } from '../src/connect.ts';
import type { ActionJob } from '../src/model/action.ts';
import type { WeirConfig } from '../src/model/config.ts';
import { messageOf } from '../src/model/error.ts';
import { judge } from '../src/rails/index.ts';
import { createConsoleTeller } from '../src/tell/console.ts';
import { createLogger } from '../src/tell/log.ts';
import { createMetrics } from '../src/tell/metrics.ts';
import { closeTellers, createTellers, tellAll } from '../src/tell/tellers.ts';
import { createHandlers } from '../src/tell/web/handlers.ts';
import { createHttpServer } from '../src/tell/web/server.ts';
import { type DigestJob, digestJob, startDigest } from './digest.ts';
import { evaluatePool, newMemory } from './evaluate.ts';
import { newsOfEvent, newsOfRuleFault } from './news.ts';
import { startObserver } from './observer.ts';
import { TELL_PACE, type TellPace } from './places.ts';
import { startRecorder } from './recorder.ts';
import { closeInOrder, onceOnly, type Role } from './role.ts';
import { startRules } from './rules.ts';
import { startSchedule } from './schedule.ts';
import { readStatus } from './status.ts';
import { createTalking, inboundHandlers, openSocket } from './talking.ts';
import { type TellJob, tellJob } from './tell.ts';
import { openChannels, startTelling } from './telling.ts';

/** Of each pool, at /api/v1/incidents. */
const SHOWN_INCIDENTS = 1_000;

export interface WorkerOptions {
  /** Poll the members from this host too, unless it is one of the nodes. */
  readonly observe: boolean;
  /** Names of nodes that run in this process: they observe already. */
  readonly nodes?: readonly string[];
  /** Left out: as fast as people and Slack can take it. */
  readonly pace?: TellPace;
}

/**
 * Starts the worker.
 * @throws WeirError when the rules, the configuration or the address of the page are wrong; a broker that is away is
 * waited for.
 */
export async function startWorker(config: WeirConfig, options: WorkerOptions): Promise<Role> {
  const log = createLogger({ role: 'worker', pretty: process.stderr.isTTY === true });
  const onError = (error: unknown) => log.error({ error: messageOf(error) }, 'something failed');
  const metrics = createMetrics();
  const tellers = await createTellers(config.tell);
  const channels = await openChannels(config.tell);
  const journal = createConsoleTeller();

  const redis = connectBroker(brokerAddress(config), 'producer');
  const blocking = connectBroker(brokerAddress(config), 'worker');
  await Promise.all([redis, blocking].map((connection) => connection.connect().catch(onError)));

  const evaluateQueue = openQueue<EvaluateJob>(redis, 'evaluate');
  const tellQueue = openQueue<TellJob>(redis, 'tell');
  const showQueue = openQueue<ShowJob>(redis, 'show');
  const nodes = new Set(Object.values(config.pools).flatMap((pool) => Object.keys(pool.members)));
  const actQueues = new Map([...nodes].map((node) => [node, openQueue<ActionJob>(redis, `act-${node}`)]));

  const name = `worker-${hostname()}`;
  const rules = await startRules({
    redis,
    folder: config.rules,
    worker: `${name}:${config.rules}`,
    parts: { judge, titleOf: (event, pool, at) => newsOfEvent(event, pool, at)?.title },
    onChange(ruleSet, by) {
      for (const warning of ruleSet.warnings) log.warn({ warning }, 'a rule file is odd');
      log.info({ rules: ruleSet.rules.length, hash: ruleSet.hash, by }, 'these rules are in force');
      metrics.ruled(ruleSet.rules.length);
    },
    onFault(fault) {
      metrics.ruleFault(fault !== undefined);
      if (fault === undefined) {
        log.info('the folder of rules is in order again');
        return;
      }
      log.warn({ fault }, 'what stands in the folder of rules is not used');
      const news = newsOfRuleFault(fault, name, Date.now());
      // Without the broker they are told from here: each worker may say it, none must be silent.
      const alone = () => tellAll(tellers, news, { onFailure: onError });
      void tellQueue.add(news.kind, { news }, { jobId: jobIdOf(news.id) }).catch(alone);
    },
    onError,
  });

  let health: BrokerHealth | undefined;
  let evaluatedAt: number | undefined;

  async function deliver(item: OutboxItem): Promise<void> {
    if (item.queue === 'show') await showSoon(showQueue, item.data);
    else await actQueues.get(item.node)?.add(item.data.action, item.data, { jobId: jobIdOf(item.id) });
  }

  const memory = newMemory();
  const evaluator = openWorker<EvaluateJob>({
    connection: blocking,
    name: 'evaluate',
    async process(job) {
      const pool = config.pools[job.data.pool];
      if (pool === undefined) return;
      health ??= await checkBroker(redis);
      const startedAt = performance.now();
      await evaluatePool(pool, {
        redis,
        policy: config.policy,
        poll: config.poll,
        plan: config.tell.plan,
        judge,
        ruleSet: () => rules.current(),
        memory,
        onError,
        health: () => health as BrokerHealth,
        deliver,
        onEvents(events) {
          for (const event of events) {
            if (event.type === 'decision' && !event.decision.drill) metrics.decided(event.decision);
            const news = newsOfEvent(event, pool.name, Date.now());
            if (news !== undefined) void journal.tell(news);
          }
        },
      });
      evaluatedAt = performance.now();
      metrics.evaluated(pool.name, evaluatedAt - startedAt);
    },
    onError,
  });
  const teller = openWorker<TellJob>({
    connection: blocking,
    name: 'tell',
    process: (job, token) =>
      job.name === 'digest'
        ? digestJob(job.data as unknown as DigestJob, { ...channels, redis, config })
        : tellJob(job, token, { tellers, metrics }),
    onError,
  });
  for (const worker of [evaluator, teller]) {
    worker.on('failed', (job, error) =>
      log.warn({ queue: worker.name, job: job?.id, error: error.message }, 'a job failed'),
    );
  }

  const telling = await startTelling({
    ...{ redis, blocking, queue: showQueue, config, metrics, onError },
    ...channels,
    pace: options.pace ?? TELL_PACE,
    status: () => readStatus(redis, config),
  });

  const digest = startDigest(config, tellQueue);

  const schedule = startSchedule({
    redis,
    evaluate: evaluateQueue,
    pools: Object.keys(config.pools),
    onHealth(seen) {
      if (seen.troubles.join() !== (health?.troubles.join() ?? '')) {
        for (const sentence of seen.troubles) log.warn({ trouble: sentence }, 'the broker is not as it must be');
      }
      health = seen;
    },
    onError,
  });
  const observes = options.observe && !nodes.has(hostname()) && (options.nodes ?? []).length === 0;
  const observer = observes
    ? startObserver({
        config,
        name,
        redis,
        append: (sweep) => append(redis, sweep),
        wake: (pool) => wake(evaluateQueue, pool),
        onError,
      })
    : undefined;

  const recorder = startRecorder({
    redis,
    stateDir: config.stateDir,
    maxBytes: config.recording.maxBytes,
    pools: Object.keys(config.pools),
    onError,
  });

  const talkingDeps = {
    ...{ redis, config, onError },
    ...(channels.slack !== undefined && { slack: channels.slack }),
    wake: (pool: string) => wake(evaluateQueue, pool),
    onRefused: (sentence: string, path: string) => log.warn({ sentence, path }, 'refused'),
  };
  const talking = createTalking(talkingDeps);
  const socket = await openSocket(config, talking, onError);

  const http = createHttpServer({
    listen: config.http,
    ...(config.http.token !== undefined && { token: config.http.token }),
    inbound: inboundHandlers(talking, talkingDeps),
    handlers: createHandlers({
      status: () => readStatus(redis, config),
      incidents: async () => {
        const pools = Object.keys(config.pools);
        return (await Promise.all(pools.map((pool) => readIncidents(redis, pool, SHOWN_INCIDENTS)))).flat();
      },
      lastEvaluationAgeMs: () => (evaluatedAt === undefined ? undefined : performance.now() - evaluatedAt),
      async ready() {
        const seen = await checkBroker(redis);
        return [...seen.troubles, ...(evaluatedAt === undefined ? ['No evaluation has finished yet.'] : [])];
      },
      metrics,
    }),
    onError: (error, path) => log.error({ error: messageOf(error), path }, 'a request failed'),
  });
  const url = await http.start();
  log.info({ page: url, pools: Object.keys(config.pools) }, 'worker is up');

  const stop = () =>
    closeInOrder(
      [
        () => schedule.stop(),
        () => rules.stop(),
        () => recorder.stop(),
        () => observer?.stop(),
        () => http.stop(),
        () => socket?.stop(),
        () => evaluator.close(),
        () => teller.close(),
        () => telling.stop(),
        () => digest.stop(),
        () => channels.mailer?.close(),
        () => Promise.all([evaluateQueue, tellQueue, showQueue, ...actQueues.values()].map((queue) => queue.close())),
        () => closeTellers(tellers),
        () => [redis, blocking].map((connection) => connection.disconnect()),
      ],
      onError,
    );
  return { stop: onceOnly(stop) };
}
