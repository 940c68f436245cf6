/** The members' Redis servers. */

import type { ExecResult } from '../machine/protocol.ts';
import { runIdOf } from './run-id.ts';
import { ADDRESS, MAXMEMORY_BYTES, type Member, REDIS_PORT } from './topology.ts';
import { type ExecOptions, exec, must, NICENESS, start, type World, withNiceness } from './world.ts';

export interface RedisHandle {
  /** `redis-cli` on the node itself, to the member's own address. */
  cli(args: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** The fields of INFO (a section of it), as Redis prints them. */
  info(section?: string): Promise<Readonly<Record<string, string>>>;
}

export interface Servers {
  /** One more, for another pool, has a port of its own. */
  start(member: Member, port?: number): Promise<void>;
  /** Saves this many keys beside what it has, for `startLoading`. */
  save(member: Member, keys: number): Promise<void>;
  /** With what was saved, a key in 100 ms: meanwhile it answers LOADING. */
  startLoading(member: Member): Promise<void>;
  handle(member: Member): RedisHandle;
  /** Which member had this run_id, now or in an earlier life. */
  memberOf(runId: string): Member | undefined;
  fill(member: Member, ratio: number, list: string): Promise<number>;
}

const READY_WITHIN_MS = 15_000;

/** Not the name by default: an empty one is started as before. */
const SAVED = 'loading.rdb';
/** Above how often Redis looks for commands while it loads (redis 7 rdb.c rdbLoadProgressCallback; config.c, both hidden). */
const KEY_BYTES = 1_500;
const LOADS_SLOWLY = ['--key-load-delay', '100000', '--loading-process-events-interval-bytes', '1024'];
const SET_KEYS =
  "for i = 1, tonumber(ARGV[1]) do redis.call('SET', 'lab:loading:' .. i, string.rep('x', tonumber(ARGV[2]))) end";

const ITEM_BYTES = 16 * 1024;
/** 512 KiB a script: a few ms, so that Redis goes on answering others meanwhile. */
const ITEMS_A_SCRIPT = 32;
const SCRIPTS_A_ROUND = 32;
const MAX_ROUNDS = 60;
const PUSH_ITEMS =
  "for i = 1, tonumber(ARGV[1]) do redis.call('RPUSH', KEYS[1], string.rep('x', tonumber(ARGV[2]))) end";

export function redisName(member: Member, port = REDIS_PORT): string {
  return port === REDIS_PORT ? `redis-${member}` : `redis-${member}-${port}`;
}

/** @param user Weir's, on the servers at a port, as redis-server takes it; the others come in as everybody does. */
export function createServers(world: World, user: (port: number) => readonly string[]): Servers {
  const runIds = new Map<string, Member>();
  const cliArgv = (member: Member, port = REDIS_PORT) => ['redis-cli', '-h', ADDRESS[member], '-p', String(port)];

  const handle = (member: Member): RedisHandle => ({
    cli: (args, options) => exec(world, member, [...cliArgv(member), ...args], options),
    async info(section) {
      const text = await must(world, member, [...cliArgv(member), 'INFO', ...(section === undefined ? [] : [section])]);
      return Object.fromEntries([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, key, value]) => [key, value]));
    },
  });

  const run = async (member: Member, port: number, more: readonly string[], begun: RegExp) => {
    const name = redisName(member, port);
    const argv = [
      ...['redis-server', '--port', String(port), '--bind', '0.0.0.0', '-::', '--protected-mode', 'no'],
      ...['--save', '', '--appendonly', 'no', '--dir', '/run', '--set-proc-title', 'no'],
      ...['--maxmemory', String(MAXMEMORY_BYTES), '--maxmemory-policy', 'noeviction'],
      // A producer that waits for an answer sends nothing that could be reset. The member's kernel probes it so often,
      // also while Redis hangs, and its reply meets the changed table.
      ...['--tcp-keepalive', '3'],
      ...user(port),
      ...more,
    ];
    await world.logs.after(name, begun, READY_WITHIN_MS, () =>
      start(world, { place: member, name, argv: withNiceness(NICENESS.redis, argv) }),
    );
    const runId = runIdOf(await must(world, member, [...cliArgv(member, port), 'INFO', 'server']));
    if (runId !== undefined) runIds.set(runId, member);
  };

  return {
    start: (member, port = REDIS_PORT) => run(member, port, [], /Ready to accept connections/),
    async save(member, keys) {
      const lines = ['CONFIG SET rdbcompression no', `EVAL "${SET_KEYS}" 0 ${keys} ${KEY_BYTES}`, 'SAVE'];
      await must(world, member, cliArgv(member), { stdin: `${lines.join('\n')}\n` });
      await must(world, member, ['mv', '/run/dump.rdb', `/run/${SAVED}`]);
    },
    startLoading: (member) =>
      run(member, REDIS_PORT, ['--dbfilename', SAVED, ...LOADS_SLOWLY], /Loading RDB produced by/),
    handle,
    memberOf: (runId) => runIds.get(runId),

    /** Gives the ratio that was reached. Ends early when Redis refuses to take more. */
    async fill(member, ratio, list) {
      let reached = 0;
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const { used_memory, maxmemory } = await handle(member).info('memory');
        reached = Number(used_memory) / Number(maxmemory);
        const missing = Math.ceil((ratio * Number(maxmemory) - Number(used_memory)) / ITEM_BYTES);
        if (missing <= 0) return reached;
        const items = Math.min(missing, ITEMS_A_SCRIPT);
        const scripts = Math.min(Math.ceil(missing / items), SCRIPTS_A_ROUND);
        const line = `EVAL "${PUSH_ITEMS}" 1 ${list} ${items} ${ITEM_BYTES}\n`;
        const said = await must(world, member, cliArgv(member), { stdin: line.repeat(scripts) });
        if (/\bOOM\b/.test(said)) return reached;
      }
      throw new Error(
        `${member} is ${Math.round(reached * 100)} % full and does not get to ${ratio * 100} %: who empties it?`,
      );
    },
  };
}
