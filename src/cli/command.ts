/** What every command shares: the options, the configuration, the broker. No command's logic. */

import type { Command } from 'commander';
import type { Redis } from 'ioredis';
import type { LocatedConfig } from '../config/load.ts';
import { reportToServiceManager } from '../lib/service-manager.ts';
import type { WeirConfig } from '../model/configuration/config.ts';
import { WeirError } from '../model/error.ts';

/** A command adds itself to the program and says with `exit` what the process ends with when it is not 0. */
export type CommandFile = (program: Command, exit: (code: number) => void) => void;

export interface CommonOptions {
  readonly config?: string;
}

/** `-c` for every command that reads the configuration. */
export function withConfig(command: Command): Command {
  return command.option('-c, --config <file>', 'weir.yaml; left out: $WEIR_CONFIG, ./weir.yaml, /etc/weir/weir.yaml');
}

export async function configOf(options: CommonOptions, as: { readonly asRoot?: boolean } = {}): Promise<WeirConfig> {
  return (await locatedConfigOf(options, as)).config;
}

/** With the places of its values, for sentences about them. */
export async function locatedConfigOf(
  options: CommonOptions,
  as: { readonly asRoot?: boolean } = {},
): Promise<LocatedConfig> {
  const { loadLocated } = await import('../config/load.ts');
  return loadLocated({
    ...as,
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

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** A role that has begun, as its supervisor sees it. */
export interface Begun {
  stop(): Promise<void>;
  /** A sentence when it does not do its work, though its process runs. */
  stuck?(): string | undefined;
}

/** Tells systemd that the role is up, waits for SIGTERM or SIGINT, and stops it; a second signal ends the process at once. */
export async function untilSignal(role: Begun): Promise<void> {
  const say = (sentence: string) => void process.stderr.write(`${sentence}\n`);
  const manager = reportToServiceManager(process.env, () => role.stuck?.(), say);
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  await role.stop();
  manager.stop();
}
