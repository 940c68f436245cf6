/** What every command shares: the options, the configuration, the broker. No command's logic. */

import type { Command } from 'commander';
import type { Redis } from 'ioredis';
import type { LocatedConfig } from '../config/load.ts';
import type { WeirConfig } from '../model/configuration/config.ts';
import { WeirError } from '../model/error.ts';

/** A command adds itself to the program and says with `exit` what the process ends with when it is not 0. */
export type CommandFile = (program: Command, exit: (code: number) => void) => void;

export interface CommonOptions {
  readonly config?: string;
}

/** For a command that changes the server, which must not go by what happens to lie in the current folder. */
export interface Search {
  readonly onlyInEtc?: boolean;
}

/** `-c` for every command that reads the configuration. */
export function withConfig(command: Command, { onlyInEtc = false }: Search = {}): Command {
  const here = onlyInEtc ? '' : './weir.yaml, ';
  return command.option('-c, --config <file>', `weir.yaml; left out: $WEIR_CONFIG, ${here}/etc/weir/weir.yaml`);
}

export async function configOf(options: CommonOptions, search: Search = {}): Promise<WeirConfig> {
  return (await locatedConfigOf(options, search)).config;
}

/** With the places of its values, for sentences about them. */
export async function locatedConfigOf(options: CommonOptions, search: Search = {}): Promise<LocatedConfig> {
  const { loadLocated } = await import('../config/load.ts');
  return loadLocated({
    ...search,
    ...(options.config !== undefined && { path: options.config }),
    env: process.env,
    cwd: process.cwd(),
  });
}

/** Runs `work` with a connection to the broker and closes it; a broker that does not answer is one sentence. */
export async function withBroker<T>(config: WeirConfig, work: (redis: Redis) => Promise<T>): Promise<T> {
  const [{ brokerAddress }, { connectBroker }] = await Promise.all([
    import('../broker/address.ts'),
    import('../lib/redis/connections.ts'),
  ]);
  const redis = connectBroker(brokerAddress(config), 'patient');
  try {
    await redis.connect().catch((error: unknown) => {
      throw brokerSilent(config, error);
    });
    return await work(redis);
  } catch (error) {
    if (error instanceof WeirError) throw error;
    throw brokerSilent(config, error);
  } finally {
    redis.disconnect();
  }
}

function brokerSilent(config: WeirConfig, error: unknown): WeirError {
  const where = config.broker.url ?? `the embedded broker under ${config.stateDir} (is \`weir up\` running here?)`;
  const why = error instanceof Error ? error.message : String(error);
  return new WeirError('unreachable', `The broker does not answer: ${where}: ${why}`, { cause: error });
}

/** Waits for SIGTERM or SIGINT, then stops the role; a second signal ends the process at once. */
export async function untilSignal(stop: () => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  await stop();
}
