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
import { boot } from './machine/boot.ts';
import { type Control, openControl } from './machine/control.ts';
import { chooseKernel, type Kernel, SLIRP_LOOPBACK } from './machine/kernel.ts';
import { startKeeper } from './machine/supervisor-client.ts';
import { createConsumers } from './pool/consumers.ts';
import { createFaults, type FaultEvent } from './pool/faults.ts';
import { createNodes } from './pool/nodes.ts';
import { planOf } from './pool/plan.ts';
import { openConnections, type Rate, startProducers } from './pool/producers.ts';
import { createServers } from './pool/redis.ts';
import { type RenewOptions, renewWeir } from './pool/renew.ts';
import { type HostName, networkOf } from './pool/topology.ts';
import { createConversation, exec, type World } from './pool/world.ts';
import type { Host, LabOptions, RunningLab } from './running-lab.ts';
import { createLogs, type Logs } from './session/logs.ts';
import { createStages } from './session/stages.ts';
import { startForwarder } from './weir/broker.ts';
import { prepareWeir, type WeirParts } from './weir/weir.ts';
import { memberUser } from './weir/weir-yaml.ts';

export type { LabOptions };
export type Lab = RunningLab;

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
      // Without this it tries to connect for ever, and the process never ends.
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
  const plan = planOf(options);
  const servers = createServers(world, (port) => memberUser(plan.config, port));
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
  let has: RenewOptions = {
    ...(options.config !== undefined && { config: options.config }),
    ...(options.rules !== undefined && { rules: options.rules }),
  };
  const faults = createFaults({ world, nodes, servers, consumers, weir: running?.weir, events });
  return {
    ...faults,
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
    async renewWeir(next = {}) {
      await renewWeir({ weir: present().weir, faults, logs, members }, has, next);
      has = next;
    },
    weir: async (args) => present().weir.command(args),
    logs: logs.text,
    logNames: logs.names,
    clearLogs: logs.clear,
    isRunning: logs.isRunning,
    watch: logs.watch,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
