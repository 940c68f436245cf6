/** A node: the real hand with its real files, over a table that behaves as the kernel's. Killed, it leaves files and table. */

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Actuator, createActuator } from '../../../src/act/actuator.ts';
import type { BrokerClock } from '../../../src/broker/time/clock.ts';
import type { ActionJob } from '../../../src/model/decisions/action.ts';
import type { Outcome } from '../../../src/model/decisions/outcome.ts';
import type { Signals } from '../../../src/model/readings/signals.ts';
import { latestKnown } from '../../../src/operations/node-actuator.ts';
import { fence } from '../../../src/rails/fence.ts';
import { holdFile } from '../../../src/rails/hold-file.ts';
import { nodeBudget } from '../../../src/rails/node-budget.ts';
import { preflight } from '../../../src/rails/preflight.ts';
import { preflightVip } from '../../../src/rails/preflight-vip.ts';
import type { Broker } from './broker.ts';
import { createModelClock } from './clock.ts';
import { Kernel } from './kernel.ts';
import { editionOfParts, type Parts } from './parts.ts';
import type { Sight } from './sight.ts';
import { POOL, type World } from './world.ts';

const RAISE = { steps: [10, 25, 50, 100], everyMs: 2_000 };

export interface Surroundings {
  readonly world: World;
  readonly sight: Sight;
  readonly broker: Broker;
  /** Where state_dirs are. */
  readonly root: string;
}

export class Node {
  readonly name: string;
  readonly stateDir: string;
  readonly kernel: Kernel;
  actuator: Actuator | undefined;
  /** What weir.yaml on this node says; read at the next start. */
  parts: Parts;
  isCut = false;
  isPaused = false;
  isHostDead = false;
  /** How far the machine's calendar clock is off, in ms. */
  calendarOffMs = 0;
  /** True time for which the machine stood still, in ms: its monotonic clock did not go on. */
  asleepMs = 0;
  /** After so many looks at the table the machine stands still for so long, in s. */
  pause: { looks: number; readonly seconds: number } | undefined;
  /** Why people forbid this node to act: what is in its hold file. */
  holdFile: string | undefined;
  job: ActionJob | undefined;
  waiting: Outcome[] = [];
  /** True time of its last sweep that was heard, in ms. */
  heardAt = 0;
  /** And of the last one in which it was MASTER. */
  masterHeardAt = 0;
  onJob: (job: ActionJob) => void = () => undefined;
  onOutcome: (job: ActionJob, outcome: Outcome) => void = () => undefined;
  /** A poll has looked at the members, and the actuator has not heard of it yet. */
  onLook: () => void = () => undefined;
  /** What the actuator reports by itself. */
  onNews: (outcome: Outcome) => void = () => undefined;
  onPause: (seconds: number) => Promise<void> = async () => undefined;
  readonly #at: Surroundings;
  #clock: BrokerClock;

  constructor(name: string, parts: Parts, at: Surroundings, hasWeightFiles: boolean) {
    this.name = name;
    this.parts = parts;
    this.stateDir = join(at.root, name);
    this.#at = at;
    this.kernel = new Kernel(hasWeightFiles, at.world, {
      looked: () => this.#standStill(),
      dies: () => this.#die(),
    });
    this.#clock = this.#newClock();
  }

  /** @param startsFrom the latest time that its lease file knows. */
  #newClock(startsFrom = 0): BrokerClock {
    const { world, broker } = this.#at;
    const isCut = () => this.isCut;
    return createModelClock(
      broker,
      {
        get isCut() {
          return isCut();
        },
        monotonic: () => world.now - this.asleepMs,
        calendar: () => world.now + this.calendarOffMs,
      },
      startsFrom,
    );
  }

  /** Broker time as this node has it, in ms. */
  get now(): number {
    return this.#clock.now();
  }

  get isUp(): boolean {
    return this.actuator !== undefined && !this.isPaused;
  }

  async #standStill(): Promise<void> {
    if (this.pause === undefined || this.isPaused) return;
    this.pause.looks -= 1;
    if (this.pause.looks > 0) return;
    const { seconds } = this.pause;
    this.pause = undefined;
    const before = this.#at.world.now;
    this.isPaused = true;
    await this.onPause(seconds);
    this.asleepMs += this.#at.world.now - before;
    this.isPaused = false;
  }

  #died: (() => void) | undefined;

  /** Whoever waits for the change waits for ever, as in a process that is no more. */
  async #die(): Promise<never> {
    this.actuator = undefined;
    this.#died?.();
    return new Promise<never>(() => undefined);
  }

  async start(): Promise<void> {
    if (this.isHostDead) return;
    // The process that had it is no more; here it is the same one.
    await rm(join(this.stateDir, 'node.pid'), { force: true });
    // Somebody has asked before: a folder that is missing is an error with a stack at every poll.
    await mkdir(join(this.stateDir, 'inbox'), { recursive: true });
    this.#clock = this.#newClock(await latestKnown(this.stateDir));
    await this.#clock.sync();
    this.actuator = createActuator({
      node: this.name,
      stateDir: this.stateDir,
      pools: { [POOL.name]: this.parts.pool },
      staleAfterMs: 3_000,
      lvs: this.kernel.lvs,
      setOwnWeight: (_pool, member, weight) => this.kernel.setOwnWeight(member, weight),
      raise: RAISE,
      budget: { max: 1_000, perMs: 3_600_000 },
      rails: { holdFile, fence, nodeBudget, preflight, preflightVip },
      redis: () => {
        throw new Error('no producer is moved in the model');
      },
      handover: () => ({ read: async () => 0, write: async () => undefined }),
      removeOrphan: async () => undefined,
      brokerNow: () => this.now,
      askBrokerNow: () => this.#clock.ask(),
      isTimeKnown: () => this.#clock.synced,
      report: async (outcome) => {
        this.onNews(outcome);
        this.waiting.push(outcome);
      },
    });
    await this.#orDeath(this.actuator.start());
  }

  /** The host under it is gone, or back: with it the process. */
  async followHost(): Promise<void> {
    const isDead = this.#at.world.trouble(this.name) === 'dead';
    if (isDead === this.isHostDead) return;
    this.isHostDead = isDead;
    if (isDead) this.kill();
    else {
      this.kernel.boot();
      if (this.#at.world.members.includes(this.name)) await this.start();
    }
  }

  kill(): void {
    this.actuator = undefined;
    this.waiting = [];
  }

  /** Runs something of the hand until it is done, or until the process dies in it. */
  async #orDeath<T>(work: Promise<T>): Promise<T | undefined> {
    const death = new Promise<undefined>((resolve) => {
      this.#died = () => resolve(undefined);
    });
    const done = await Promise.race([work, death]);
    this.#died = undefined;
    return done;
  }

  async poll(): Promise<void> {
    const { actuator } = this;
    if (actuator === undefined || this.isPaused) return;
    const { world, sight, broker } = this.#at;
    await this.#clock.sync();
    const seen = sight.poll(this.name, Object.keys(this.parts.pool.members));
    const members = Object.fromEntries([...seen].map(([name, isSeen]) => [name, world.reading(name, isSeen)]));
    const at = this.now;
    const skew = (world.now + this.calendarOffMs - at + this.#clock.lead) / 1_000;
    const director: Signals = { ...world.director(this.name), ...(this.#clock.synced && { clock_skew: skew }) };
    const table = this.kernel.lvs.unreadable ? undefined : this.kernel.table(Object.keys(this.parts.pool.members));
    const leases = actuator.liveLeases(POOL.name);
    const raising = actuator.raising(POOL.name);
    const views = Object.entries(members).map(([name, { answering, writable }]) => {
      return [name, { answering: answering === true, ...(typeof writable === 'boolean' && { writable }) }] as const;
    });
    this.onLook();
    await this.#orDeath(actuator.onPoll({ pool: POOL.name, now: at, members: Object.fromEntries(views), director }));
    if (this.actuator === undefined || this.isCut || !this.#clock.synced) return;
    const acted = actuator.audit(POOL.name)?.acts(at) ?? [];
    broker.append(
      {
        ...{ kind: 'sweep', pool: POOL.name, observer: this.name, at, troubles: [], consumers: {}, director },
        ...(table !== undefined && { table }),
        ...{ members, leases },
        edition: editionOfParts(this.parts),
        ...(Object.keys(raising).length > 0 && { raising }),
        ...(acted.length > 0 && { acted }),
        ...(this.holdFile !== undefined && { hold: this.holdFile }),
      },
      this.now,
    );
    this.heardAt = world.now;
    if (director.state === 'MASTER') this.masterHeardAt = world.now;
    await this.#orDeath(actuator.takeDesired([...broker.kept.owed.values()]));
    for (const outcome of this.waiting.splice(0)) broker.append(outcome, this.now);
  }

  /** A job from the queue, or one that comes another time. */
  async run(job: ActionJob, cutOff = false): Promise<void> {
    const { actuator } = this;
    if (actuator === undefined || this.isPaused) return;
    this.job = job;
    this.onJob(job);
    const signal = cutOff ? AbortSignal.abort() : new AbortController().signal;
    const startedAt = this.now;
    const outcome = await this.#orDeath(actuator.runJob(job, signal));
    this.job = undefined;
    if (outcome !== undefined) this.onOutcome(job, outcome);
    if (outcome !== undefined && this.actuator !== undefined) this.waiting.push({ ...outcome, startedAt });
  }
}
