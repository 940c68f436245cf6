/** What a state of a Redis is: how a server gets into it, and what becomes of real pushes there. */

import type { Redis } from 'ioredis';
import type { TestRedis } from '../../support/redis.ts';

/** What became of a push: the word that it was refused with, `accepted`, or `hangs` for no answer at all. */
export type Fate = 'accepted' | 'hangs' | (string & {});

/** A server that is being put into a state. */
export interface Stage {
  readonly server: TestRedis;
  /** Who runs the server. It was there before the state. */
  readonly admin: Redis;
  /** Gone with the server. */
  readonly dir: string;
  /** Asks on a connection of its own what a client library would not get through, and gives the answer as it came. */
  say(command: string): Promise<string>;
  /** Runs when all is over. */
  atEnd(end: () => void | Promise<void>): void;
}

export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

export interface State {
  /** As the table of docs/readings.md has it. */
  readonly name: string;
  /** Arguments of redis-server; `dir` is a folder of the state's own. */
  readonly args?: (dir: string) => readonly string[] | Promise<readonly string[]>;
  enter?(stage: Stage): Promise<void>;
  /** Takes the server out of the state; without it the server ends in it. */
  leave?(stage: Stage): Promise<void>;
  /** What becomes of pushes in the state. */
  readonly pushes: Fate;
  /** Weir cannot know what becomes of them: it is locked out. */
  readonly unknowable?: true;
  /** Nobody pushes while Weir looks: producers were moved elsewhere. */
  readonly deserted?: true;
  /** How producers come in, and what they push; 100 bytes. */
  readonly producer?: Credentials & { readonly itemBytes?: number };
  /** How Weir comes in; the user of `weir acl`. */
  readonly weir?: Credentials & { readonly host?: string };
  /** Why it cannot be had on this machine. */
  readonly cannot?: string;
}

export const QUEUE = 'logstash';
