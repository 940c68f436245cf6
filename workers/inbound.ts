/** The ways to a worker: the process of the page, and the socket to Slack. */

import { wake } from '../src/broker/queues.ts';
import { defined } from '../src/lib/defined.ts';
import { destinationKey } from '../src/model/configuration/route.ts';
import { ownDestinations } from '../src/operations/destinations.ts';
import type { Socket } from '../src/tell/chatops/socket.ts';
import { messageOfNotice } from '../src/tell/wording/messages.ts';
import type { Evaluator } from './evaluation/evaluator.ts';
import { createAnswers } from './http/answers.ts';
import type { WebSettings } from './http/questions.ts';
import { startWebProcess, type WebProcess } from './http/web-process.ts';
import { queueMessage } from './notifications/messages.ts';
import { createTalking, openSocket, type TalkingDependencies } from './slack/slack-inbound.ts';
import type { WorkerParts } from './worker-parts.ts';

/** How often people hear that the page has ended, in ms; the log has each time. */
const TOLD_EVERY_MS = 3_600_000;

export interface Inbound {
  readonly web: WebProcess;
  readonly socket: Socket | undefined;
}

/** @throws WeirError when the address of the page cannot be had. */
export async function openInbound(parts: WorkerParts, evaluator: Evaluator): Promise<Inbound> {
  const { config, redis, log, channels, metrics, evaluateQueue, onError } = parts;
  const deps: TalkingDependencies = {
    redis,
    config,
    ...(channels.slack !== undefined && { slack: channels.slack }),
    onRefused: (sentence, path) => log.warning({ sentence, path }, 'refused'),
    onError,
  };
  const talking = createTalking(deps);
  const socket = await openSocket(config, talking, onError);
  const answers = createAnswers({
    redis,
    config,
    metrics,
    talking,
    pools: parts.pools,
    ages: () => evaluator.ages(),
    wake: (pool) => wake(evaluateQueue, pool),
    onLeft: (sentence) => log.warning({ sentence, path: '/hooks/alertmanager' }, 'refused'),
    onError,
  });
  const web = await startWebProcess({
    settings: settingsOf(parts),
    answers,
    onRefused: ({ sentence, path, source, times }) => log.warning({ sentence, path, source, times }, 'refused'),
    onFailed: (sentence, path) => log.error({ error: sentence, path }, 'a request failed'),
    onEnded: onPageEnd(parts),
  });
  return { web, socket };
}

function settingsOf({ config: { http, tell }, pools }: WorkerParts): WebSettings {
  const { host, port, token, oldToken, proxies = [] } = http;
  const { signingSecret } = tell.slack ?? {};
  return {
    listen: { host, port },
    pools,
    limits: { proxies },
    ...defined({ token: token?.reveal(), oldToken: oldToken?.reveal(), signingSecret: signingSecret?.reveal() }),
  };
}

/** Logs that the page's process has ended, and tells people. */
function onPageEnd({ config, log, name, pools, messageQueue, onError }: WorkerParts): (how: string) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  return (how) => {
    log.error({ how }, 'the page has ended and is started again');
    if (performance.now() - toldAt < TOLD_EVERY_MS) return;
    toldAt = performance.now();
    const at = Date.now();
    const [pool = ''] = pools;
    const message = messageOfNotice({
      ...{ pool, key: `${name}.page-ended.${at}`, severity: 'warn', at, from: name },
      title: `The page of ${name} has ended (${how}) and is started again`,
      lines: [
        'Weir itself goes on: it evaluates, acts and tells as before.',
        `Next: look into the log of ${name} and at who reaches http.listen.`,
      ],
    });
    queueMessage(messageQueue, message, ownDestinations(config.tell).map(destinationKey)).catch((error: unknown) =>
      onError(error, 'telling that the page has ended'),
    );
  };
}
