/** From weir.yaml to WeirConfig: the only place that reads it. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { defined } from '../lib/defined.ts';
import { dictionary } from '../lib/dictionary.ts';
import { packageFolder } from '../lib/files/package-folder.ts';
import { formatHostPort } from '../lib/host-port.ts';
import type { YamlPath } from '../lib/yaml/file.ts';
import { type Problem, problemsError } from '../lib/yaml/problem.ts';
import { checkSchema, parseYaml } from '../lib/yaml/yaml.ts';
import { type BrokerConfig, namesOf, type PolicyConfig, type WeirConfig } from '../model/configuration/config.ts';
import { BARE_DUMP_FILE, USUAL_DUMP_FILE } from '../model/configuration/dump-file.ts';
import { messageOf, WeirError } from '../model/error.ts';
import { checkConfig } from './checks/checks.ts';
import { type Environment, namedValue } from './named-value.ts';
import { configSchema, type WrittenConfig } from './schema.ts';
import { toSeal } from './seal-schema.ts';
import { toTls } from './tls-schema.ts';
import { toPool } from './to-pool.ts';
import { toTell } from './to-tell.ts';
import { checkRootsOwn } from './trusted-file.ts';

export interface LoadOptions {
  /** From `-c`. */
  readonly path?: string;
  /** Not looked for in the current folder: for what changes the server, which has its configuration in /etc. */
  readonly onlyInEtc?: boolean;
  readonly env: Environment;
  readonly cwd: string;
  /** As root reads it, whoever asks: state_dir is another place for others. */
  readonly asRoot?: boolean;
}

/**
 * Finds and reads the configuration: `-c`, else $WEIR_CONFIG, ./weir.yaml, /etc/weir/weir.yaml.
 * @throws WeirError 'config': no file, or what is wrong with it, one `file:line:column` line each.
 */
export async function loadConfig(options: LoadOptions): Promise<WeirConfig> {
  return (await loadLocated(options)).config;
}

export interface LocatedConfig {
  readonly config: WeirConfig;
  /** `file:line:column` of the value at `path` of weir.yaml; where there is none, of what should hold it. */
  at(path: YamlPath): string;
  /** A problem with that value. */
  problemAt(path: YamlPath, message: string): Problem;
}

/** As `loadConfig`, with the places of values, for faults that are found later. */
export async function loadLocated(options: LoadOptions): Promise<LocatedConfig> {
  const { env, cwd, asRoot = false } = options;
  const file = findConfig(options);
  const root = process.getuid?.() === 0;
  let text: string;
  try {
    if (root) checkRootsOwn(resolve(cwd, file));
    text = await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    if (error instanceof WeirError) throw error;
    throw new WeirError('config', `${file} cannot be read (${messageOf(error)}).`, { cause: error });
  }
  const located = parseLocated({ file, text, env, cwd, root: asRoot || root });
  await checkTlsFiles(located);
  return located;
}

/** Whether there is a configuration without `-c`: one is named in the environment, or stands where it is looked for. */
export function hasConfig({ env, cwd }: Omit<LoadOptions, 'path'>): boolean {
  return Boolean(env.WEIR_CONFIG) || placesIn(cwd).some((place) => existsSync(place));
}

const IN_ETC = '/etc/weir/weir.yaml';

function placesIn(cwd: string): string[] {
  return [join(cwd, 'weir.yaml'), IN_ETC];
}

function findConfig({ path, env, cwd, onlyInEtc = false }: LoadOptions): string {
  const named = path ?? (env.WEIR_CONFIG || undefined);
  if (named !== undefined) {
    if (existsSync(resolve(cwd, named))) return named;
    const by = path === undefined ? '$WEIR_CONFIG' : '-c';
    throw new WeirError('config', `There is no configuration at ${named}, which ${by} names.`);
  }
  const places = onlyInEtc ? [IN_ETC] : placesIn(cwd);
  const file = places.find((place) => existsSync(place));
  if (file !== undefined) return file;
  const looked = `-c and $WEIR_CONFIG are not given, and there is no ${places.join(' and no ')}`;
  throw new WeirError('config', `No configuration was found: ${looked}; README.md has one to start from.`);
}

export interface ConfigText {
  /** The file's name for messages. */
  readonly file: string;
  readonly text: string;
  readonly env: Environment;
  readonly cwd: string;
  /** Whether the process runs as root: it decides where state_dir is by default. */
  readonly root: boolean;
}

const VARIABLE = /^\$([A-Za-z_][A-Za-z0-9_]*)$/;

/**
 * The configuration in a text. Reads nothing but `env`, and the credentials that it names.
 * @throws WeirError 'config' with one line per problem.
 */
export function parseConfig(text: ConfigText): WeirConfig {
  return parseLocated(text).config;
}

/** As `parseConfig`, with the places of its values. */
export function parseLocated({ file, text, env, cwd, root }: ConfigText): LocatedConfig {
  const { yaml, problems } = parseYaml(file, text, (written) => {
    const variable = VARIABLE.exec(written)?.[1];
    if (variable === undefined) return undefined;
    return namedValue(variable, env);
  });
  if (yaml.data === undefined && problems.length > 0) throw problemsError('config', problems);
  const checked = checkSchema(yaml, configSchema);
  if (!('value' in checked)) throw problemsError('config', [...problems, ...checked.problems]);
  const complaints = checkConfig(checked.value)
    .map(({ path, message }) => yaml.problemAt(path, message))
    // The value of a variable that is not set cannot be checked.
    .filter(({ line, column }) => !problems.some((problem) => problem.line === line && problem.column === column));
  if (problems.length + complaints.length > 0) throw problemsError('config', [...problems, ...complaints]);
  const at = (path: YamlPath) => {
    const { line, column } = yaml.problemAt(path, '');
    return `${file}:${line}:${column}`;
  };
  const config = toConfig(checked.value, { file, env, cwd, root });
  // Whether it is the right one is known by the role alone, which has no weir.yaml.
  return {
    config: { ...config, seal: { ...config.seal, keyAt: at(['seal', 'key']) } },
    at,
    problemAt: (path, message) => yaml.problemAt(path, message),
  };
}

/**
 * What is read here is held for the connections: they go on with it where the files are wrong later.
 * @throws WeirError 'config' with one line per file of TLS that is wrong.
 */
async function checkTlsFiles({ config: { broker, pools }, problemAt }: LocatedConfig): Promise<void> {
  const placed = [
    { path: ['broker', 'tls'], tls: broker.tls },
    ...Object.values(pools).map(({ name, redis }) => ({ path: ['pools', name, 'redis', 'tls'], tls: redis.tls })),
  ];
  if (placed.every(({ tls }) => tls === undefined)) return;
  const { readTlsFiles } = await import('../lib/redis/tls-files.ts');
  const problems = placed.flatMap(({ path, tls }) => {
    const fault = tls && readTlsFiles(tls);
    if (fault === undefined) return [];
    const at = [...path, fault.which];
    return [problemAt(at, `${at.join('.')} is ${fault.message}`)];
  });
  if (problems.length > 0) throw problemsError('config', problems);
}

function toConfig(written: WrittenConfig, { file, env, cwd, root }: Omit<ConfigText, 'text'>): WeirConfig {
  const { broker, poll, log, http, policy, tell } = written;
  const home = dirname(resolve(cwd, file));
  const pools = dictionary(Object.entries(written.pools).map(([name, pool]) => [name, toPool(name, pool, home)]));
  return {
    file,
    broker: toBroker(broker, home),
    seal: toSeal(written.seal),
    stateDir: written.state_dir === undefined ? defaultStateDir(env, cwd, root) : resolve(home, written.state_dir),
    rules: written.rules === undefined ? join(packageFolder(), 'rules') : resolve(home, written.rules),
    recording: { maxBytes: written.recording.max_size },
    poll: {
      intervalMs: poll.interval,
      timeoutMs: poll.timeout,
      windowMs: poll.window,
      staleAfterMs: poll.stale_after,
    },
    log,
    http: { ...http.listen, proxies: http.proxies, ...defined({ token: http.token, oldToken: http.old_token }) },
    keepalived: {
      pidFile: written.keepalived.pid_file,
      ...(written.keepalived.dump_file === undefined
        ? { dumpFile: USUAL_DUMP_FILE, bareDumpFile: BARE_DUMP_FILE }
        : { dumpFile: written.keepalived.dump_file }),
      runDir: written.keepalived.run_dir,
    },
    node: written.node,
    pools,
    policy: toPolicy(policy),
    roles: policy.roles,
    tell: toTell(tell, namesOf(pools)),
  };
}

function toBroker(broker: WrittenConfig['broker'], home: string): BrokerConfig {
  const { sentinels, name = '', sentinel_username, sentinel_password, tls, listen } = broker;
  return {
    ...defined({ url: broker.url, username: broker.username, password: broker.password }),
    ...(listen !== undefined && { listen: formatHostPort(listen) }),
    ...(sentinels !== undefined && {
      sentinels: { at: sentinels, name, ...defined({ username: sentinel_username, password: sentinel_password }) },
    }),
    ...(tls !== undefined && { tls: toTls(tls, home) }),
    ...(broker.insecure && { insecure: true }),
  };
}

function toPolicy(policy: WrittenConfig['policy']): PolicyConfig {
  return {
    mode: policy.mode,
    settleMs: policy.settle,
    minSecondsToFull: policy.min_seconds_to_full / 1_000,
    budgets: policy.budgets,
    blockMs: policy.block,
    breaker: { unverified: policy.breaker.unverified, rearmMs: policy.breaker.rearm },
    approval: {
      quorum: policy.approval.quorum,
      withinMs: policy.approval.within,
      approvers: policy.roles.approver,
      ...(policy.people !== undefined && { people: dictionary(Object.entries(policy.people)) }),
    },
    raise: { steps: policy.raise.steps, everyMs: policy.raise.every },
    longestMs: policy.longest,
    maintenance: policy.maintenance.map(({ schedule, timezone, for: forMs, pool, member, reason }) => ({
      schedule,
      timeZone: timezone,
      forMs,
      reason,
      ...defined({ pool, member }),
    })),
  };
}

function defaultStateDir(env: Environment, cwd: string, root: boolean): string {
  if (root) return '/var/lib/weir';
  const base = env.XDG_STATE_HOME || (env.HOME ? join(env.HOME, '.local', 'state') : join(cwd, '.weir'));
  return join(base, 'weir');
}
