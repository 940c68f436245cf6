/**
 * The lab: a real pool (LVS, keepalived, Redis, producers, consumers) in the kernel of a user-mode Linux guest, or in
 * namespaces of this machine's own, with Weir on it.
 *
 *     await using lab = await Lab.start({ producers: 8 });
 *     await lab.freezeRedis('b');
 *     await until(async () => (await lab.table('a')).b?.weight === 0, 5_000, 'b at weight 0');
 */

import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { boot } from './boot.ts';
import { startForwarder } from './broker.ts';
import { createConsumers } from './consumers.ts';
import { type Control, openControl } from './control.ts';
import { createFaults, type FaultEvent, type Faults } from './faults.ts';
import type { ConsumerReport } from './guest/consumer.ts';
import { startKeeper } from './keeper.ts';
import { chooseKernel, type Kernel, SLIRP_LOOPBACK } from './kernel.ts';
import { createLogs, type Logs } from './logs.ts';
import { createNodes } from './nodes.ts';
import { type PlanOptions, planOf } from './plan.ts';
import { type ConnectionsStatus, openConnections, type Producers, type Rate, startProducers } from './producers.ts';
import type { ExecResult, ProgramEvent } from './protocol.ts';
import { createServers, type RedisHandle } from './redis.ts';
import { createStages, type Stage } from './stages.ts';
import type { LvsTable } from './table.ts';
import { type HostName, type Member, networkOf } from './topology.ts';
import { prepareWeir, type WeirOptions, type WeirParts } from './weir.ts';
import type { Tree } from './weir-yaml.ts';
import { createConversation, type ExecOptions, exec, type World } from './world.ts';

export interface LabOptions extends PlanOptions, WeirOptions {
  /** Broker, worker and a node process on each node. Left out: yes. */
  readonly weir?: boolean;
  /** How many producers. Left out: 8. */
  readonly producers?: number;
  /** Of each producer. Left out: 10 pushes of 1,000 bytes a second. */
  readonly rate?: Rate;
  /** A consumer for each member. Left out: yes. */
  readonly consumers?: boolean;
  /** Left out: this machine's kernel where it has ip_vs and lets us, else the guest. */
  readonly kernel?: Kernel;
  readonly onStage?: (stage: Stage) => void;
}

export interface Host {
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** A file as the host sees it, `/proc/net` included. */
  read(path: string): Promise<string>;
  write(path: string, text: string): Promise<void>;
}

export interface Node extends Host {
  /** A `weir` command on the node. */
  weir(args: readonly string[]): Promise<ExecResult>;
}

export interface Lab extends Faults, AsyncDisposable {
  readonly kernel: Kernel;
  /** Holds weir.yaml of this machine (the worker's); gone after stop. */
  readonly dir: string;
  readonly stages: readonly Stage[];
  /** What was done to the lab, in order. */
  readonly events: readonly FaultEvent[];
  readonly producers: Producers;
  /** A connection to the broker. This and the next three are there only with Weir. */
  readonly broker: Redis;
  /** Address of the page, without a slash at the end. */
  readonly page: string;
  /** The worker's weir.yaml. */
  readonly configFile: string;
  /** The environment of the worker. */
  readonly env: NodeJS.ProcessEnv;
  node(name: Member): Node;
  /** `c` has the producers, `l` the consumers, `root` the bridge. */
  host(name: HostName | 'root'): Host;
  redis(member: Member): RedisHandle;
  consumer(member: Member): Promise<ConsumerReport>;
  /** LVS table of a node. Of the first pool, unless another is named. */
  table(node: Member, pool?: string): Promise<LvsTable>;
  /** The node that has the VIP; undefined when none or more than one has it. */
  master(): Promise<Member | undefined>;
  masters(): Promise<Member[]>;
  /** Opens fresh connections through the VIP from c; each must answer within `limitMs` (3 s). */
  connections(count: number, limitMs?: number, pool?: string): Promise<ConnectionsStatus>;
  /** Builds the nodes anew, of another weir.yaml. For a lab without Weir: a node process would have the old one. */
  rebuild(options: PlanOptions): Promise<void>;
  /** Gives Weir other overrides of weir.yaml; what of it runs has the old ones until it is started again. */
  configure(config: Tree): Promise<void>;
  /** A `weir` command on this machine, where the worker is. */
  weir(args: readonly string[]): Promise<ExecResult>;
  /** What a program has printed: kernel, broker, worker, weir-a, redis-a, keepalived-a, producers, consumer-a, ... */
  logs(name: string): string;
  logNames(): string[];
  /** Every line that a program prints from now on, every start and end. */
  watch(listener: (event: ProgramEvent) => void): void;
  /** Ends every process and removes the folder. May be called twice. */
  stop(): Promise<void>;
}

const DEFAULT_RATE: Rate = { perSecond: 10, bytes: 1_000 };
const ANSWERS_WITHIN_MS = 3_000;

export const Lab = { start: startLab };

async function startLab(options: LabOptions = {}): Promise<Lab> {
  const logs = createLogs();
  const conversation = createConversation(() => control as Control);
  let control: Control | undefined;
  const emit: Logs['add'] = (event) => {
    if (!conversation.hear(event)) logs.add(event);
  };
  const keeper = await startKeeper(emit);
  let stopping: Promise<void> | undefined;
  const broker: { connection?: Redis } = {};
  const stop = () => {
    stopping ??= (async () => {
      // Or it tries to connect for ever, and the process never ends.
      broker.connection?.disconnect();
      control?.close(new Error('The lab has been stopped.'));
      await keeper.stop();
    })();
    return stopping;
  };
  try {
    const kernel = options.kernel ?? (await chooseKernel());
    control = await openControl({
      ...(kernel === 'guest' ? { loopback: SLIRP_LOOPBACK } : { path: join(keeper.dir, 'control.sock') }),
      emit,
    });
    return await build({ keeper, control, logs, ask: conversation.ask }, kernel, options, { stop, broker });
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Ending {
  stop(): Promise<void>;
  /** What is to be closed then. */
  readonly broker: { connection?: Redis };
}

async function build(world: World, kernel: Kernel, options: LabOptions, { stop, broker }: Ending): Promise<Lab> {
  const { keeper, control, logs } = world;
  const { producers: count = 8, rate = DEFAULT_RATE, consumers: withConsumers = true, weir: withWeir = true } = options;
  const stages = createStages(options.onStage);
  const servers = createServers(world);
  const plan = planOf(options);
  const { members } = plan;
  const ports = [...new Set(Object.values(plan.config.pools).map(({ vip }) => vip.port))];
  const nodes = createNodes(world, plan);
  const consumers = withConsumers ? createConsumers(world) : undefined;
  const events: FaultEvent[] = [];

  const brokerStarts = withWeir ? prepareWeir(world, options) : undefined;
  brokerStarts?.catch(() => {}); // Told below.

  await stages.run(kernel === 'guest' ? 'kernel and agent' : 'namespaces and agent', () => boot(world, kernel));
  await stages.run('hosts', () =>
    control.call('addHosts', {
      hosts: Object.fromEntries([...members, 'c' as const, 'l' as const].map((host) => [host, networkOf(host)])),
    }),
  );
  await stages.run('nodes and Redis', () =>
    Promise.all(
      members.flatMap((member) => [nodes.prepare(member), ...ports.map((port) => servers.start(member, port))]),
    ),
  );
  const loading = Promise.all([
    startProducers(world, servers, plan.pool, count),
    ...members.map((member) => consumers?.start(member)),
  ]);
  loading.catch(() => {}); // Told below.
  await stages.run('VRRP and LVS', nodes.startAll);
  const producers = await stages.run('producers and consumers', async () => {
    const [started] = await loading;
    await started.connect(rate);
    return started;
  });
  const running = await stages.run('Weir', async () => {
    const started = await brokerStarts;
    if (started === undefined) return undefined;
    broker.connection = started.connection;
    await startForwarder(world, started.broker, kernel);
    await Promise.all([...members.map((node) => started.weir.startNode(node)), started.weir.startWorker()]);
    await started.weir.settled();
    return started;
  });

  const present = (): WeirParts => {
    if (running === undefined) throw new Error('This lab runs without Weir: start it with `weir: true`.');
    return running;
  };
  const host = (name: HostName | 'root'): Host => ({
    exec: (argv, execOptions) => exec(world, name, argv, execOptions),
    read: async (path) => (await control.call('read', { place: name, path })).text,
    async write(path, text) {
      await control.call('save', { place: name, path, text });
    },
  });
  return {
    ...createFaults({ world, nodes, servers, consumers, weir: running?.weir, events }),
    kernel,
    dir: keeper.dir,
    stages: stages.list,
    events,
    producers,
    get broker() {
      return present().connection;
    },
    get page() {
      return present().weir.page;
    },
    get configFile() {
      return present().weir.configFile;
    },
    get env() {
      return present().env;
    },
    node: (name) => ({ ...host(name), weir: (args) => present().weir.commandOn(name, args) }),
    host,
    redis: servers.handle,
    consumer(member) {
      if (consumers === undefined) throw new Error('This lab has no consumers: start it with `consumers: true`.');
      return consumers.status(member);
    },
    table: nodes.table,
    async master() {
      const masters = await nodes.masters();
      return masters.length === 1 ? masters[0] : undefined;
    },
    masters: nodes.masters,
    connections: (number, limitMs = ANSWERS_WITHIN_MS, pool) =>
      openConnections(world, servers, nodes.pool(pool), number, limitMs),
    rebuild: (planOptions) => nodes.rebuild(planOf(planOptions)),
    configure: async (config) => present().weir.configure(config),
    weir: async (args) => present().weir.command(args),
    logs: logs.text,
    logNames: logs.names,
    watch: logs.watch,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
