import { formatDuration } from '../src/model/duration.ts';
import type { News } from '../src/model/tell.ts';
import { newsOfNotice } from '../src/tell/news.ts';

/** The broker has to be away for so long before people are told: a restart of it is no news. In ms. */
const LOST_AFTER_MS = 5_000;

/**
 * A node that has just started has not seen a worker yet, and a broker that was away may have forgotten that there is one:
 * it waits as long as the sign of life lives. In ms.
 */
const WORKERS_DUE_MS = 30_000;

/** A broker may come back empty between two looks: workers say within a second or two that they live. In ms. */
const SIGN_BACK_MS = 5_000;

export interface BrokerLook {
  /** Broker time in ms, as far as it is known. */
  readonly now: number;
  /** undefined: the broker did not answer. */
  readonly alive: boolean | undefined;
}

/**
 * What a node tells by itself, because nobody else can: the broker is lost, no worker evaluates, and that each is over.
 * Fed with one look a second; returns what is to be told, each once.
 */
export function createBrokerWatch(input: {
  node: string;
  pool: string;
  startedAt: number;
}): (look: BrokerLook) => News[] {
  const { node, pool, startedAt } = input;
  let lostSince: number | undefined;
  let lostTold = false;
  let workersTold = false;
  let workersDueAt = startedAt + WORKERS_DUE_MS;

  const notice = (key: string, severity: News['severity'], title: string, lines: readonly string[], at: number) =>
    newsOfNotice({ pool, key: `${node}.${key}.${at}`, severity, title, lines, at, from: node });

  return ({ now, alive }) => {
    if (alive === undefined) {
      lostSince ??= now;
      workersDueAt = now + WORKERS_DUE_MS;
      if (lostTold || now - lostSince < LOST_AFTER_MS) return [];
      lostTold = true;
      const lines = [
        'It takes no new action. Its leases and the release rule run on by themselves.',
        'Next: look at the broker; on this node `weir restore <member> --local` works without it.',
      ];
      return [notice('broker-lost', 'page', `Node ${node} has lost the broker`, lines, now)];
    }
    const news: News[] = [];
    if (lostTold && lostSince !== undefined) {
      const lines = [`It was away for ${formatDuration(now - lostSince)}.`];
      news.push(notice('broker-back', 'info', `Node ${node} has the broker back`, lines, now));
    }
    lostSince = undefined;
    lostTold = false;
    if (alive) {
      if (workersTold) news.push(notice('workers-back', 'info', 'A worker evaluates again', [], now));
      workersTold = false;
      workersDueAt = now + SIGN_BACK_MS;
    } else if (!workersTold && now >= workersDueAt) {
      workersTold = true;
      const lines = [
        'No worker has evaluated a rule for 30 s: nothing is found, decided or told, but by nodes themselves.',
        'Next: start `weir worker`, or look into its log.',
      ];
      news.push(notice('no-worker', 'page', 'No worker is evaluating', lines, now));
    }
    return news;
  };
}
