/** What every command shares: the options, the configuration, the broker. No command's logic. */

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Redis } from 'ioredis';
import type { LoadOptions, LocatedConfig } from '../config/load.ts';
import type { Environment } from '../config/named-value.ts';
import { reportToServiceManager } from '../lib/service-manager.ts';
import { within } from '../lib/within.ts';
import { isEmbedded, type WeirConfig } from '../model/configuration/config.ts';
import { WeirError } from '../model/error.ts';
import { printError } from './print.ts';

/** A command adds itself to the program and says with `exit` what the process ends with when it is not 0. */
export type CommandFile = (program: Command, exit: (code: number) => void) => void;

export interface CommonOptions {
  readonly config?: string;
}

/** How the configuration is looked for and read. A command that changes the server does not go by what lies in the current folder. */
export type Search = Pick<LoadOptions, 'onlyInEtc' | 'asRoot'> & {
  /** It runs a role, and is no command of a person. */
  readonly isRole?: boolean;
};

/** `-c` for every command that reads the configuration. */
export function withConfig(command: Command, { onlyInEtc = false }: Search = {}): Command {
  const here = onlyInEtc ? '' : './weir.yaml, ';
  return command.option('-c, --config <file>', `weir.yaml; left out: $WEIR_CONFIG, ${here}/etc/weir/weir.yaml`);
}

export async function configOf(options: CommonOptions, search: Search = {}): Promise<WeirConfig> {
  return (await locatedConfigOf(options, search)).config;
}

/** Where a command at the terminal finds its secrets when nobody says: its own before those of a process of this host. */
const TERMINAL_CREDENTIALS = ['/etc/weir/terminal', '/etc/weir/credentials'];

/** What $NAME stands for. A role has only what its service manager gives it: the key of another one would not do. */
export function environmentOf(
  env: Environment,
  { isRole = false }: Search,
  folders = TERMINAL_CREDENTIALS,
): Environment {
  if (isRole || (env.CREDENTIALS_DIRECTORY ?? '') !== '') return env;
  const there = folders.filter((folder) => existsSync(folder));
  return there.length === 0 ? env : { ...env, CREDENTIALS_DIRECTORY: there.join(':') };
}

/** With the places of its values, for sentences about them. */
export async function locatedConfigOf(options: CommonOptions, search: Search = {}): Promise<LocatedConfig> {
  const { loadLocated } = await import('../config/load.ts');
  const { isRole: _, ...where } = search;
  return loadLocated({
    ...where,
    ...(options.config !== undefined && { path: options.config }),
    env: environmentOf(process.env, search),
    cwd: process.cwd(),
  });
}

/** A role that has stopped ends within this, in ms. */
const EXIT_WITHIN_MS = 1_000;

/** A broker that does not let in within this is away, in ms: whoever waits at a terminal is told within 5 s. */
const BROKER_WITHIN_MS = 3_500;

/** Runs `work` with a connection to the broker and closes it; a broker that does not answer is one sentence. */
export async function withBroker<T>(config: WeirConfig, work: (redis: Redis) => Promise<T>): Promise<T> {
  const [{ brokerAddress }, { openSeal, sealOn }, { connectBroker }, { isReply }, { isBrokerAway, whyAway }] =
    await Promise.all([
      import('../broker/address.ts'),
      import('../broker/seal/sealed.ts'),
      import('../lib/redis/connections.ts'),
      import('../lib/redis/refusals.ts'),
      import('../broker/why-away.ts'),
    ]);
  const broker = brokerAddress(config);
  const redis = connectBroker(broker, 'patient');
  sealOn([redis], openSeal(config, 'terminal'));
  const away = async (error: unknown) => {
    return new WeirError('unreachable', await whyAway(broker, redis, error), { cause: error });
  };
  // The way there is not known yet where the socket still waits.
  const late = () => new Error(redis.status === 'connecting' ? 'connect ETIMEDOUT' : 'no answer within the time');
  try {
    await within(redis.connect(), BROKER_WITHIN_MS, () => Promise.reject(late())).catch(async (error: unknown) => {
      throw await away(error);
    });
    return await work(redis);
  } catch (error) {
    throw isBrokerAway(error) || isReply(error) ? await away(error) : error;
  } finally {
    redis.disconnect();
  }
}

/**
 * For roles that share a broker with others.
 * @throws WeirError 'config' where weir.yaml names none.
 */
export function needsBroker({ broker, file }: WeirConfig, role: string): void {
  if (!isEmbedded(broker)) return;
  const what = `${file} has no broker.url, and weir ${role} shares its broker with the other nodes and workers`;
  throw new WeirError('config', `${what}: name it there, or run \`weir up\`, which brings one of its own.`);
}

/** A role that has begun, as its supervisor sees it. */
export interface Begun {
  stop(): Promise<void>;
  /** A sentence when it does not do its work, though its process runs. */
  stuck?(): string | undefined;
}

/** Tells systemd that the role is up, waits for SIGTERM or SIGINT, and stops it; a second signal ends the process at once. */
export async function untilSignal(role: Begun): Promise<void> {
  const manager = reportToServiceManager(process.env, () => role.stuck?.(), printError);
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  await role.stop();
  manager.stop();
  // What a library still tries, as to connect to a broker that refuses it, holds no process that has stopped.
  setTimeout(() => process.exit(), EXIT_WITHIN_MS).unref();
}
