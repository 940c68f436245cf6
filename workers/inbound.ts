/** Where people and other programs reach a worker: the page and its API, what comes in over HTTP, Slack's socket. */

import { checkBroker } from '../src/broker/health.ts';
import { readIncidents } from '../src/broker/incidents.ts';
import { wake } from '../src/broker/queues.ts';
import { messageOf } from '../src/model/error.ts';
import { readStatus } from '../src/operations/views/status.ts';
import type { Socket } from '../src/tell/chatops/socket.ts';
import { createHandlers } from '../src/tell/http/handlers.ts';
import { createHttpServer, type HttpServer } from '../src/tell/http/server.ts';
import type { Evaluator } from './evaluation/evaluator.ts';
import { createTalking, inboundHandlers, openSocket, type TalkingDependencies } from './slack/slack-inbound.ts';
import type { WorkerParts } from './worker-parts.ts';

/** Incidents of each pool at /api/v1/incidents. */
const SHOWN_INCIDENTS = 1_000;

export interface Inbound {
  /** The page's address. */
  readonly url: string;
  readonly http: HttpServer;
  readonly socket: Socket | undefined;
}

/** @throws WeirError when the address of the page cannot be had. */
export async function openInbound(parts: WorkerParts, evaluator: Evaluator): Promise<Inbound> {
  const { config, redis, log, channels, evaluateQueue, onError } = parts;
  const deps: TalkingDependencies = {
    redis,
    config,
    ...(channels.slack !== undefined && { slack: channels.slack }),
    wake: (pool) => wake(evaluateQueue, pool),
    onRefused: (sentence, path) => log.warning({ sentence, path }, 'refused'),
    onError,
  };
  const talking = createTalking(deps);
  const socket = await openSocket(config, talking, onError);
  const http = createHttpServer({
    listen: config.http,
    ...(config.http.token !== undefined && { token: config.http.token }),
    inbound: inboundHandlers(talking, deps),
    handlers: handlersOf(parts, evaluator),
    onError: (error, path) => log.error({ error: messageOf(error), path }, 'a request failed'),
  });
  return { url: await http.start(), http, socket };
}

function handlersOf({ redis, config, pools, metrics }: WorkerParts, evaluator: Evaluator) {
  return createHandlers({
    status: () => readStatus(redis, config),
    incidents: async () => (await Promise.all(pools.map((pool) => readIncidents(redis, pool, SHOWN_INCIDENTS)))).flat(),
    evaluationAges: () => evaluator.ages(),
    async ready() {
      const { troubles } = await checkBroker(redis);
      const missing = [...evaluator.ages()].filter(([, ageMs]) => ageMs === undefined).map(([pool]) => pool);
      return [...troubles, ...missing.map((pool) => `No evaluation of ${pool} has finished yet.`)];
    },
    metrics,
  });
}
