/** A node: the real hand with its real files, over a table that behaves as the kernel's. Killed, it leaves files and table. */

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createHand, type Hand } from '../../src/act/hand.ts';
import type { ActionJob } from '../../src/model/action.ts';
import type { Outcome } from '../../src/model/entry.ts';
import type { Table } from '../../src/model/reading.ts';
import { fence } from '../../src/rails/fence.ts';
import { holdFile } from '../../src/rails/hold-file.ts';
import { preflight } from '../../src/rails/preflight.ts';
import { preflightVip } from '../../src/rails/preflight-vip.ts';
import { createFakeLvs, type FakeLvs } from '../act/fake-lvs.ts';
import type { Broker } from './broker.ts';
import { BASE, MEMBERS, POOL, type World } from './world.ts';

const RAISE = { steps: [10, 25, 50, 100], everyMs: 2_000 };

/** A change of the table by Weir, before it is made. */
export interface TableChange {
  readonly node: Node;
  readonly member: string;
  readonly from: number;
  readonly to: number;
  readonly table: Table;
  /** The job that it is part of; undefined: the hand by itself. */
  readonly job: ActionJob | undefined;
}

export class Node {
  readonly lvs: FakeLvs = createFakeLvs(Object.fromEntries(MEMBERS.map((name) => [name, BASE])));
  hand: Hand | undefined;
  isCut = false;
  clockOffMs = 0;
  /** The next change of the table never comes back: the process dies in it, before or after it is made. */
  diesIn: 'before' | 'after' | undefined;
  /** Members that its last poll saw writable. */
  seenWritable = new Set<string>();
  job: ActionJob | undefined;
  waiting: Outcome[] = [];
  onChange: (change: TableChange) => void = () => undefined;
  onOutcome: (job: ActionJob, outcome: Outcome) => void = () => undefined;
  readonly name: string;
  readonly stateDir: string;
  readonly #world: World;
  readonly #broker: Broker;

  constructor(name: string, root: string, world: World, broker: Broker) {
    this.name = name;
    this.stateDir = join(root, name);
    this.#world = world;
    this.#broker = broker;
    this.lvs.expireNodestConn = false;
    const set = this.lvs.setWeight.bind(this.lvs);
    Object.assign(this.lvs, {
      setWeight: async (...[place, weight]: Parameters<typeof set>) => {
        const table = this.table();
        const from = table[place.member]?.weight ?? 0;
        this.onChange({ node: this, member: place.member, from, to: weight, table, job: this.job });
        const dies = this.diesIn;
        this.diesIn = undefined;
        if (dies !== 'before') await set(place, weight);
        if (dies !== undefined) await this.#die();
      },
    });
  }

  get now(): number {
    return this.#world.now + this.clockOffMs;
  }

  #died: (() => void) | undefined;

  /** Whoever waits for the change waits for ever, as in a process that is no more. */
  async #die(): Promise<never> {
    this.hand = undefined;
    this.#died?.();
    return new Promise<never>(() => undefined);
  }

  async start(): Promise<void> {
    // The process that had it is no more; here it is the same one.
    await rm(join(this.stateDir, 'node.pid'), { force: true });
    // Somebody has asked before: a folder that is missing is an error with a stack at every poll.
    await mkdir(join(this.stateDir, 'inbox'), { recursive: true });
    this.hand = createHand({
      node: this.name,
      stateDir: this.stateDir,
      pools: { [POOL.name]: POOL },
      staleAfterMs: 3_000,
      lvs: this.lvs,
      setOwnWeight: async () => false,
      raise: RAISE,
      rails: { holdFile, fence, preflight, preflightVip },
      redis: () => {
        throw new Error('no producer is moved in the model');
      },
      handover: { read: async () => 0, write: async () => undefined },
      removeOrphan: async () => undefined,
      brokerNow: () => this.now,
      report: async (outcome) => void this.waiting.push(outcome),
    });
    await this.#orDeath(this.hand.start());
  }

  kill(): void {
    this.hand = undefined;
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
    const { hand } = this;
    if (hand === undefined) return;
    const world = this.#world;
    const members = MEMBERS.map((name) => {
      const writable = world.isWritable(name);
      return [name, { answering: world.trouble.get(name) !== 'silent', writable }] as const;
    });
    this.seenWritable = new Set(MEMBERS.filter((name) => world.isWritable(name)));
    const director = world.director(this.name);
    const at = this.now;
    const table = this.lvs.unreadable ? undefined : this.table();
    const before = { leases: hand.liveLeases(POOL.name), raising: hand.raising(POOL.name) };
    await this.#orDeath(hand.onPoll({ pool: POOL.name, now: at, members: Object.fromEntries(members), director }));
    if (this.hand === undefined || this.isCut) return;
    const acted = hand.audit(POOL.name)?.acts(at) ?? [];
    this.#broker.append({
      ...{ kind: 'sweep', pool: POOL.name, observer: this.name, at, troubles: [], consumers: {}, director },
      ...(table !== undefined && { table }),
      members: Object.fromEntries(MEMBERS.map((name) => [name, world.member(name)])),
      leases: before.leases,
      ...(Object.keys(before.raising).length > 0 && { raising: before.raising }),
      ...(acted.length > 0 && { acted }),
    });
    await this.#orDeath(hand.takeOwed([...this.#broker.kept.owed.values()]));
    for (const outcome of this.waiting.splice(0)) this.#broker.append(outcome);
  }

  /** The kernel's table as it is, whoever may read it. */
  table(): Table {
    const rows = MEMBERS.map((name) => {
      const weight = this.lvs.weight(name);
      return [
        name,
        { listed: weight !== undefined, weight: weight ?? 0, activeConnections: 0, inactiveConnections: 0 },
      ];
    });
    return Object.fromEntries(rows) as Table;
  }

  /** A job from the queue, or one that comes another time. */
  async run(job: ActionJob, cutOff = false): Promise<void> {
    const { hand } = this;
    if (hand === undefined) return;
    this.job = job;
    const signal = cutOff ? AbortSignal.abort() : new AbortController().signal;
    const outcome = await this.#orDeath(hand.runJob(job, signal));
    this.job = undefined;
    if (outcome !== undefined) this.onOutcome(job, outcome);
    if (outcome !== undefined && this.hand !== undefined) this.waiting.push({ ...outcome, startedAt: this.now });
  }
}
