/** A Redis that Sentinels know the place of: who is master is asked at each connection, and watched while it stands. */

import { connect, Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { AbstractConnector, type Redis } from 'ioredis';
import type { HostPort, SentinelsConfig } from '../../model/configuration/config.ts';
import { formatHostPort } from '../host-port.ts';

/** A Sentinel that stands answers at once. In ms. */
export const SENTINEL_ANSWERS_WITHIN_MS = 1_000;

/** A switch-over is seen so long after it at the latest, in ms: the old master may live on, cut off from its Sentinels. */
const WATCH_EVERY_MS = 1_000;

/** What a Sentinel says: a master, that it knows none of that name, or nothing. */
export interface SentinelWord {
  readonly from: HostPort;
  readonly master?: HostPort | undefined;
  /** Why it says nothing. */
  readonly error?: unknown;
}

/** No Sentinel names a master. */
export class NoMaster extends Error {
  readonly words: readonly SentinelWord[];

  constructor(words: readonly SentinelWord[]) {
    super('no Sentinel names a master');
    this.name = 'NoMaster';
    this.words = words;
  }
}

/** The master that most of them name, and by how many more than the next; in doubt the one that is named first. Pure. */
export function mostNamed(
  words: readonly SentinelWord[],
): { readonly master: HostPort; readonly lead: number } | undefined {
  const votes = new Map<string, { master: HostPort; count: number }>();
  for (const { master } of words) {
    if (master === undefined) continue;
    const place = formatHostPort(master);
    votes.set(place, { master, count: (votes.get(place)?.count ?? 0) + 1 });
  }
  const [first, second] = [...votes.values()].sort((one, other) => other.count - one.count);
  return first && { master: first.master, lead: first.count - (second?.count ?? 0) };
}

/** A connection that goes where the Sentinels say. */
interface Follower {
  readonly at: HostPort | undefined;
  /** The master is another one. */
  moved(): void;
}

export interface Sentinels {
  /** The master that was named last. */
  readonly last: HostPort | undefined;
  /** @throws NoMaster where none of them names one. */
  master(): Promise<HostPort>;
  /** They are kept connected while somebody follows. */
  follow(follower: Follower): void;
  leave(follower: Follower): void;
}

/** How Sentinels are asked. */
export interface SentinelWays {
  /** Makes a connection to a Sentinel, which connects when it is asked, and again when it is asked anew. */
  open(at: HostPort): Redis;
  /** What it has failed with. */
  faultOf(redis: Redis): unknown;
}

export function createSentinels({ at, name }: SentinelsConfig, ways: SentinelWays): Sentinels {
  const followers = new Set<Follower>();
  let asked: Asked[] = [];
  let timer: NodeJS.Timeout | undefined;
  let last: HostPort | undefined;
  const askAll = () => asked.map((one) => askOnce(one, name, ways));

  async function watch(): Promise<void> {
    const found = mostNamed(await Promise.all(askAll()));
    if (found === undefined || found.lead === 0) return;
    const place = formatHostPort(found.master);
    for (const follower of followers) {
      if (follower.at !== undefined && formatHostPort(follower.at) !== place) follower.moved();
    }
  }

  return {
    get last() {
      return last;
    },
    async master() {
      const words = await mostOf(askAll(), at.length / 2);
      const found = mostNamed(words);
      // In their order, so that the same trouble has the same words.
      if (found === undefined) throw new NoMaster(at.flatMap((from) => words.filter((word) => word.from === from)));
      last = found.master;
      return last;
    },
    follow(follower) {
      if (followers.size === 0) {
        asked = at.map((from) => ({ from, redis: ways.open(from), word: undefined }));
        timer = setInterval(() => void watch(), WATCH_EVERY_MS).unref();
      }
      followers.add(follower);
    },
    leave(follower) {
      if (!followers.delete(follower) || followers.size > 0) return;
      clearInterval(timer);
      for (const { redis } of asked) redis.disconnect();
    },
  };
}

interface Asked {
  readonly from: HostPort;
  readonly redis: Redis;
  /** Is still to come. */
  word: Promise<SentinelWord> | undefined;
}

/** One question at a time: who asks meanwhile has the same answer. */
function askOnce(one: Asked, name: string, ways: SentinelWays): Promise<SentinelWord> {
  one.word ??= wordOf(one, name, ways).finally(() => {
    one.word = undefined;
  });
  return one.word;
}

async function wordOf({ from, redis }: Asked, name: string, { faultOf }: SentinelWays): Promise<SentinelWord> {
  try {
    if (redis.status !== 'ready') await redis.connect();
    const reply = await redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name);
    const [host, port] = Array.isArray(reply) ? reply.map(String) : [];
    return { from, master: host === undefined ? undefined : { host, port: Number(port) } };
  } catch (error) {
    return { from, error: faultOf(redis) ?? error };
  }
}

/** All words, or those that have come when more than `needed` are for one master: who hangs is not waited for then. */
async function mostOf(asked: readonly Promise<SentinelWord>[], needed: number): Promise<SentinelWord[]> {
  const words: SentinelWord[] = [];
  await new Promise<void>((resolve) => {
    const all = asked.map(async (word) => {
      words.push(await word);
      if ((mostNamed(words)?.lead ?? 0) > needed) resolve();
    });
    void Promise.all(all).then(() => resolve());
  });
  return [...words];
}

export interface MasterOptions {
  readonly tls?: ConnectionOptions;
  /** @throws Error where a connection to that place is not to be made. */
  allow(master: HostPort): void;
}

/** What connects an ioredis client to the master, in the place of ioredis' own: that one never says why it finds none. */
export function masterConnector(sentinels: Sentinels, { tls, allow }: MasterOptions) {
  return class MasterConnector extends AbstractConnector {
    #emit: ((type: string, error: Error) => void) | undefined;
    // The old master may not hang up: it is left at once.
    #follower = { at: undefined as HostPort | undefined, moved: () => void this.stream.destroy() };

    constructor(options: unknown) {
      super((options as { disconnectTimeout: number }).disconnectTimeout);
    }

    async connect(emit: (type: string, error: Error) => void) {
      this.#emit = emit;
      this.connecting = true;
      this.#follower.at = undefined;
      sentinels.follow(this.#follower);
      this.stream = await this.#streamToMaster();
      this.stream.once('error', (error) => {
        this.firstError = error;
      });
      return this.stream;
    }

    /** A stream that has failed where there is no master: ioredis tries again after it, and after nothing else. */
    async #streamToMaster(): Promise<Socket> {
      const follower = this.#follower;
      try {
        const master = await sentinels.master();
        if (!this.connecting) throw new Error('Connection is closed.');
        allow(master);
        follower.at = master;
        const stream = tls === undefined ? connect(master) : connectTls({ ...tls, ...master });
        stream.once('close', () => sentinels.leave(follower));
        return stream;
      } catch (error) {
        sentinels.leave(follower);
        this.firstError = error as Error;
        return new Socket().destroy();
      }
    }

    /** @param info of the Redis that it has connected to. */
    override check(info: { readonly role?: string }): boolean {
      if (info.role === undefined || info.role === 'master') return true;
      this.#emit?.('error', new Error('NOT_MASTER'));
      return false;
    }
  };
}
