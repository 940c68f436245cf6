import { formatDuration } from '../src/model/duration.ts';
import type { Message } from '../src/model/people/message.ts';
import { messageOfNotice } from '../src/tell/wording/messages.ts';

/** People are told when the broker has been away for so long. A restart is shorter. In ms. */
const LOST_AFTER_MS = 5_000;

/**
 * A node waits so long for the first sign of life of a worker, in ms: as long as one lives. It has seen none yet after
 * its own start, and a broker that was away may have lost it.
 */
const WORKERS_DUE_MS = 30_000;

/** A broker may come back empty between two looks. Workers write a new sign of life within two seconds. In ms. */
const SIGN_BACK_MS = 5_000;

export interface BrokerLook {
  /** In ms of a monotonic clock. */
  readonly now: number;
  /** Broker time was heard since the start of the node. */
  readonly isTimeKnown: boolean;
  /** For each pool of the node whether it is evaluated; undefined: the broker did not answer. */
  readonly alive: ReadonlyMap<string, boolean> | undefined;
}

export interface BrokerNews {
  /** Messages to tell from now on, until somebody has them or they are over. */
  readonly due: readonly Message[];
  /** Ids of earlier messages that are over and need not be told any more. */
  readonly over: readonly string[];
}

export interface BrokerWatchInput {
  readonly node: string;
  /** The pools of the node, at least one. */
  readonly pools: readonly string[];
  readonly startedAt: number;
}

/**
 * Tells what only the node can tell: the broker is lost, no worker evaluates one of its pools, and the end of each.
 * Called with one look a second.
 */
export function createBrokerWatch(input: BrokerWatchInput): (look: BrokerLook) => BrokerNews {
  const broker = watchBroker(input);
  const workers = watchWorkers(input);
  return ({ now, isTimeKnown, alive }) => {
    if (alive === undefined) {
      workers.expectLater(now);
      return broker.away(now, isTimeKnown);
    }
    const parts = [broker.back(now), workers.look(now, alive)];
    return { due: parts.flatMap(({ due }) => due), over: parts.flatMap(({ over }) => over) };
  };
}

const NOTHING: BrokerNews = { due: [], over: [] };

type Notice = (severity: Message['severity'], key: string, title: string, lines: readonly string[]) => Message;

function noticesAt(at: number, { node, pools: [pool = ''] }: BrokerWatchInput): Notice {
  return (severity, key, title, lines) =>
    messageOfNotice({ pool, key: `${node}.${key}.${at}`, severity, title, lines, at, from: node });
}

/** Whether the broker answers. */
function watchBroker(input: BrokerWatchInput) {
  const { node } = input;
  let lostSince: number | undefined;
  let lost: Message | undefined;
  return {
    away(now: number, isTimeKnown: boolean): BrokerNews {
      lostSince ??= now;
      if (lost !== undefined || now - lostSince < LOST_AFTER_MS) return NOTHING;
      lost = noticesAt(now, input)('page', 'broker-lost', `Node ${node} has lost the broker`, [
        isTimeKnown
          ? 'It takes no new action. Its leases and the release rule run on by themselves.'
          : 'It takes no new action. As it has not heard the time since it started, no lease ends by its time; the release rule runs on.',
        'Next: look at the broker; on this node `weir restore <member> --local` works without it.',
      ]);
      return { due: [lost], over: [] };
    },
    back(now: number): BrokerNews {
      const lostMessage = lost;
      const lasted = formatDuration(now - (lostSince ?? now));
      lostSince = undefined;
      lost = undefined;
      if (lostMessage === undefined) return NOTHING;
      const lines = [`It was away for ${lasted}.`];
      const back = noticesAt(now, input)('info', 'broker-back', `Node ${node} has the broker back`, lines);
      return { due: [back], over: [lostMessage.id] };
    },
  };
}

/** Whether each pool is evaluated. Pools that go or come in the same second are told of in one message. */
function watchWorkers(input: BrokerWatchInput) {
  const { pools, startedAt } = input;
  /** Pool to the time from which a missing sign of life is told. */
  const dueAt = new Map(pools.map((pool) => [pool, startedAt + WORKERS_DUE_MS]));
  /** Pool that is not evaluated to the message that said so. */
  const dead = new Map<string, Message>();
  const named = (some: readonly string[]) => (some.length === pools.length ? '' : ` ${some.join(', ')}`);

  function goneNotice(gone: readonly string[], now: number): Message {
    return noticesAt(now, input)('page', `no-worker.${gone.join('+')}`, `No worker is evaluating${named(gone)}`, [
      `Nobody has evaluated a rule of ${gone.join(', ')} for 30 s: nothing is found, decided or told, but by nodes themselves.`,
      'Next: start `weir worker`, or look into its log.',
    ]);
  }

  return {
    expectLater(now: number): void {
      for (const pool of pools) dueAt.set(pool, now + WORKERS_DUE_MS);
    },
    look(now: number, alive: ReadonlyMap<string, boolean>): BrokerNews {
      const isAlive = (pool: string) => alive.get(pool) === true;
      for (const pool of pools.filter(isAlive)) dueAt.set(pool, now + SIGN_BACK_MS);
      const come = pools.filter((pool) => isAlive(pool) && dead.has(pool));
      const gone = pools.filter((pool) => !isAlive(pool) && !dead.has(pool) && now >= (dueAt.get(pool) ?? 0));
      const due: Message[] = [];
      if (gone.length > 0) {
        const notice = goneNotice(gone, now);
        for (const pool of gone) dead.set(pool, notice);
        due.push(notice);
      }
      const over = come.map((pool) => dead.get(pool)?.id ?? '');
      if (come.length > 0) {
        for (const pool of come) dead.delete(pool);
        const title = `A worker evaluates${named(come)} again`;
        due.push(noticesAt(now, input)('info', `workers-back.${come.join('+')}`, title, []));
      }
      // A message about several pools stands as long as it is true of one of them.
      const standing = new Set([...dead.values()].map(({ id }) => id));
      return { due, over: over.filter((id) => !standing.has(id)) };
    },
  };
}
