/** What can be done to the lab. Every fault has what heals it beside it, and each is written to the timeline. */

import { nodeName, type Weir, WORKER } from '../weir/weir.ts';
import type { Consumers } from './consumers.ts';
import { keepalivedName, type Nodes } from './nodes.ts';
import { redisName, type Servers } from './redis.ts';
import { BRIDGE_ADDRESS, MEMBERS, type Member } from './topology.ts';
import { exec, must, type World } from './world.ts';

export interface Faults {
  /** SIGSTOP: the kernel still accepts connections for it, and nothing answers. */
  freezeRedis(member: Member): Promise<void>;
  thawRedis(member: Member): Promise<void>;
  killRedis(member: Member): Promise<void>;
  /** Starts an empty one, as after killRedis. */
  startRedis(member: Member): Promise<void>;
  /** Saves so many keys, for the next. */
  saveRedis(member: Member, keys: number): Promise<void>;
  /** Of a Redis that was killed: it comes back with what it saved and answers LOADING for 100 ms a key. */
  startLoadingRedis(member: Member): Promise<void>;
  /**
   * The node loses its power: its network is gone and its programs with it, in no order. Its Redis, keepalived and weir node
   * must run.
   */
  killHost(node: Member): Promise<void>;
  /** The node boots: a kernel without a table, files in /run as systemd makes them. The caller starts Redis. */
  bootHost(node: Member): Promise<void>;
  /** SIGKILL to all of its processes: table and VIP stay as they are (docs/hazards.md#t2). */
  killKeepalived(node: Member): Promise<void>;
  /** SIGTERM, as systemd does it: it takes the VIP off and tells its peer. */
  stopKeepalived(node: Member): Promise<void>;
  startKeepalived(node: Member): Promise<void>;
  /** As when Elasticsearch blocks: logstash stays connected and takes nothing. Without a member: both. */
  stopConsumers(member?: Member): Promise<void>;
  startConsumers(member?: Member): Promise<void>;
  /**
   * Pushes junk to the member's own address until used_memory is `ratio` of maxmemory, or Redis refuses.
   * Gives the ratio reached. The list is one that no consumer reads, unless named.
   */
  fill(member: Member, ratio: number, list?: string): Promise<number>;
  /** Takes the junk away again. */
  empty(member: Member, list?: string): Promise<void>;
  /** The node's port is taken off the bridge: its link stays up, nothing passes. */
  partition(node: Member): Promise<void>;
  heal(node: Member): Promise<void>;
  /** What the node sends to the broker vanishes; the pool's own traffic goes on. */
  cutBroker(node: Member): Promise<void>;
  restoreBroker(node: Member): Promise<void>;
  /** SIGKILL to `weir node`. */
  killNode(node: Member): Promise<void>;
  startNode(node: Member): Promise<void>;
  /** SIGKILL to `weir worker`. */
  killWorker(): Promise<void>;
  startWorker(): Promise<void>;
}

export interface FaultEvent {
  /** Wall clock in ms, when it had been done. */
  readonly at: number;
  /** In words: "b: Redis frozen". */
  readonly what: string;
}

const ENDS_WITHIN_MS = 10_000;

const JUNK_LIST = 'lab:junk';

/** An address of the bridge's network that nobody has: frames to it go nowhere. */
const NOBODY = '02:00:00:00:00:01';

interface Parts {
  readonly world: World;
  readonly nodes: Nodes;
  readonly servers: Servers;
  readonly consumers: Consumers | undefined;
  readonly weir: Weir | undefined;
  readonly events: FaultEvent[];
}

export function createFaults({ world, nodes, servers, consumers, weir, events }: Parts): Faults {
  const done = (what: string) => events.push({ at: Date.now(), what });

  /** @throws Error when the program does not run */
  const signal = async (name: string, signal: NodeJS.Signals, family = false) => {
    const { signalled } = await world.control.call('signal', { name, signal, family });
    if (signalled === 0) throw new Error(`${name} does not run, so it cannot be given ${signal}.`);
  };
  const kill = (name: string, family = false) =>
    world.logs.after(name, 'exit', ENDS_WITHIN_MS, () => signal(name, 'SIGKILL', family));
  const stall = async (member: Member | undefined, stalled: boolean) => {
    if (consumers === undefined) throw new Error('This lab has no consumers: start it with `consumers: true`.');
    const which = member === undefined ? MEMBERS : [member];
    await Promise.all(which.map((each) => consumers.setStalled(each, stalled)));
    for (const each of which) done(`${each}: consumer ${stalled ? 'stopped' : 'started'}`);
  };
  const present = () => {
    if (weir === undefined) throw new Error('This lab runs without Weir: start it with `weir: true`.');
    return weir;
  };

  return {
    async freezeRedis(member) {
      await signal(redisName(member), 'SIGSTOP');
      done(`${member}: Redis frozen`);
    },
    async thawRedis(member) {
      await signal(redisName(member), 'SIGCONT');
      done(`${member}: Redis thawed`);
    },
    async killRedis(member) {
      await kill(redisName(member));
      done(`${member}: Redis killed`);
    },
    async startRedis(member) {
      await servers.start(member);
      done(`${member}: Redis started`);
    },
    async saveRedis(member, keys) {
      await servers.save(member, keys);
      done(`${member}: Redis has saved`);
    },
    async startLoadingRedis(member) {
      await servers.startLoading(member);
      done(`${member}: Redis loads`);
    },
    async killHost(node) {
      present();
      await must(world, 'root', ['ip', 'link', 'set', `v${node}`, 'nomaster']);
      await Promise.all([kill(redisName(node)), kill(keepalivedName(node), true), kill(nodeName(node))]);
      done(`${node}: host killed`);
    },
    async bootHost(node) {
      await must(world, node, ['ipvsadm', '--clear']);
      // A process that was not there is as good as a dead one.
      for (const role of ['master', 'backup']) await exec(world, node, ['ipvsadm', '--stop-daemon', role]);
      await must(world, node, [
        'bash',
        '-c',
        'for file in /run/weir/handover /run/weir/weight-*; do echo 0 >"$file"; done',
      ]);
      await must(world, 'root', ['ip', 'link', 'set', `v${node}`, 'master', 'br0']);
      await nodes.start(node, 'BACKUP');
      await present().startNode(node);
      done(`${node}: host booted`);
    },
    async killKeepalived(node) {
      await kill(keepalivedName(node), true);
      done(`${node}: keepalived killed`);
    },
    async stopKeepalived(node) {
      const name = keepalivedName(node);
      await world.logs.after(name, 'exit', ENDS_WITHIN_MS, () => signal(name, 'SIGTERM'));
      done(`${node}: keepalived stopped`);
    },
    async startKeepalived(node) {
      await nodes.start(node, 'BACKUP');
      done(`${node}: keepalived started`);
    },
    stopConsumers: (member) => stall(member, true),
    startConsumers: (member) => stall(member, false),
    async fill(member, ratio, list = JUNK_LIST) {
      const reached = await servers.fill(member, ratio, list);
      done(`${member}: filled to ${Math.round(reached * 100)} %`);
      return reached;
    },
    async empty(member, list = JUNK_LIST) {
      await servers.handle(member).cli(['UNLINK', list]);
      done(`${member}: emptied`);
    },
    async partition(node) {
      await must(world, 'root', ['ip', 'link', 'set', `v${node}`, 'nomaster']);
      done(`${node}: cut off from the network`);
    },
    async heal(node) {
      await must(world, 'root', ['ip', 'link', 'set', `v${node}`, 'master', 'br0']);
      done(`${node}: back on the network`);
    },
    async cutBroker(node) {
      const to = [BRIDGE_ADDRESS, 'lladdr', NOBODY, 'dev', 'eth0', 'nud', 'permanent'];
      await must(world, node, ['ip', 'neigh', 'replace', ...to]);
      done(`${node}: cut off from the broker`);
    },
    async restoreBroker(node) {
      await must(world, node, ['ip', 'neigh', 'del', BRIDGE_ADDRESS, 'dev', 'eth0']);
      done(`${node}: sees the broker again`);
    },
    async killNode(node) {
      present();
      await kill(nodeName(node));
      done(`${node}: weir node killed`);
    },
    async startNode(node) {
      await present().startNode(node);
      done(`${node}: weir node started`);
    },
    async killWorker() {
      present();
      await world.logs.after(WORKER, 'exit', ENDS_WITHIN_MS, () => world.keeper.signal(WORKER, 'SIGKILL'));
      done('worker killed');
    },
    async startWorker() {
      await present().startWorker();
      done('worker started');
    },
  };
}
