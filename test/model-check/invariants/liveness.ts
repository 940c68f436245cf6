/**
 * What Weir must do, and within which time, whenever nothing forbids it. What forbids is asked of the world: not what Weir
 * says that holds it back. Times are true times.
 */

import { entryTime } from '../../../src/model/ids.ts';
import { editionOfParts } from '../machines/parts.ts';
import { BASE, BY_HAND, POOL, type Trouble } from '../machines/world.ts';
import type { Setting } from '../setting.ts';
import { Broken, hold } from './broken.ts';
import { isDisturbed, mayAct, STALLED_MS, UNEQUAL_MS } from './excuses.ts';

/** Each with its bound, in ms. */
export const BOUNDS = {
  'a member that takes no writes is out of the table': 20_000,
  'it stays out, also where keepalived lists it again': 3_000,
  'its weight is given back': 45_000,
  'the weight of one that filled is given back': 120_000,
  'what a person holds is held': 5_000,
  'what fires is told': 20_000,
  'time passes in the evaluation': 5_000,
  'what weir.yaml has no more is let go of': 20_000,
} as const;
export type Bound = keyof typeof BOUNDS;

/** How long a trouble must have been away, and everything around in order, before it counts as a new one. In ms. */
const QUIET_MS = 3_000;

/** A lease that ends by its time waits until its member was seen writable for 10 s. In ms. */
const ENDS_WITHIN_MS = 20_000;

const TAKEN_WITHIN_MS = 25_000;

const FILLS: ReadonlySet<Trouble> = new Set<Trouble>(['filling', 'full']);

export interface Measured {
  /** How often it was owed. */
  readonly times: number;
  /** The longest that it took, in ms. */
  readonly longestMs: number;
}

function saysOff(files: readonly (Setting['parts'] | undefined)[]): boolean {
  return files.some((one) => one?.policy.mode === 'off');
}

export class Liveness {
  /** When something around the members was last out of order. */
  disturbedAt = 0;
  /** When most members were last filling, or one was before the brake of that was off. */
  stalledAt = Number.NEGATIVE_INFINITY;
  /** When files of workers last differed, and when a file last said that Weir is to do nothing by itself. */
  differedAt = Number.NEGATIVE_INFINITY;
  notAutoAt = Number.NEGATIVE_INFINITY;
  /** Worker to its edition, and when it had that last. */
  readonly #editions = new Map<string, { readonly hash: string; readonly at: number }>();
  /** Since when one of them has said that the mode is off, in ms. */
  #offSince: number | undefined;
  readonly measured = new Map<Bound, Measured>();
  /** What is owed, to since when it is missing; undefined: it is so. */
  #owed = new Map<string, number | undefined>();
  /** Member to when it was last not owed that it be out of the table. */
  readonly #owedSince = new Map<string, number>();
  /** What was asked for in this second. */
  readonly #asked = new Set<string>();
  /** Members that were owed to be out of the table, and were, for long enough that the MASTER's own node holds them there. */
  readonly #taken = new Set<string>();
  /** Member to since when the MASTER's table gives it nothing. */
  readonly #outSince = new Map<string, number>();
  /** Time of the last entry that was evaluated, a second ago. */
  #cursor = 0;

  disturb(now: number): void {
    this.disturbedAt = now;
  }

  /** Nothing ran for so long, no node, no worker and nobody who looks: of what is owed then nobody can do anything. In ms. */
  stoodStill(ms: number): void {
    const later = ([key, since]: [string, number | undefined]) => [key, since && since + ms] as const;
    this.#owed = new Map([...this.#owed].map(later));
  }

  /** One file says that the mode is off, as it did a second ago, and whoever has it has been heard. */
  isOff({ world, parts, otherParts }: Setting): boolean {
    return saysOff([parts, otherParts]) && world.now - (this.#offSince ?? world.now) >= QUIET_MS;
  }

  #files({ world, parts, otherParts, nodes }: Setting): void {
    const files = [parts, ...(otherParts === undefined ? [] : [otherParts])];
    for (const [index, one] of files.entries()) {
      this.#editions.set(`${index}`, { hash: editionOfParts(one).hash, at: world.now });
    }
    // Also of one that is gone since: it counts for a minute more.
    const heard = [...this.#editions.values()].filter(({ at }) => world.now - at < UNEQUAL_MS);
    const isDifferent = new Set(heard.map(({ hash }) => hash)).size > 1;
    const all = [...files, ...nodes.map((node) => node.parts)];
    if (isDifferent) this.differedAt = world.now;
    if (all.some(({ policy }) => policy.mode !== 'auto')) this.notAutoAt = world.now;
    this.#offSince = saysOff(files) ? (this.#offSince ?? world.now) : undefined;
  }

  /** Every poll of the one MASTER for so long saw the member without weight, and nothing was out of order. */
  isOutFor(member: string, ms: number, { world }: Setting): boolean {
    const since = this.#outSince.get(member) ?? world.now;
    return world.now - since >= ms && world.now - this.disturbedAt >= ms + QUIET_MS;
  }

  /** After the nodes' polls, before anybody evaluates: what is held in advance its own node puts back, and asks nobody. */
  polled(setting: Setting): void {
    const { world, nodes } = setting;
    const master = nodes.find(({ name }) => name === world.master);
    if (master === undefined || isDisturbed(setting) || world.now - this.disturbedAt < QUIET_MS) return;
    const isContested = (member: string) =>
      master.actuator?.liveLeases(POOL.name).some((lease) => lease.member === member && lease.contested) === true;
    for (const name of this.#taken) {
      if (world.isWritable(name) || !mayAct(setting, name) || isContested(name)) continue;
      const weight = master.kernel.weight(name);
      hold(weight === 0, `I20 after a poll of ${master.name} ${name} is in its table again at ${weight}`);
    }
  }

  /** After each second. */
  look(setting: Setting): void {
    const { world, nodes } = setting;
    if (isDisturbed(setting)) this.disturbedAt = world.now;
    const filling = world.members.filter((name) => FILLS.has(world.trouble(name)));
    const isStalled = filling.length * 2 > world.members.length;
    if (isStalled || (filling.length > 0 && world.now - this.stalledAt < STALLED_MS)) this.stalledAt = world.now;
    const master = nodes.find(({ name }) => name === world.master);
    for (const name of world.members) {
      if (master?.kernel.weight(name) !== 0) this.#outSince.delete(name);
      else if (!this.#outSince.has(name)) this.#outSince.set(name, world.now);
    }
    this.#files(setting);
    this.#members(setting);
    this.#evaluation(setting);
    this.#owed = new Map([...this.#owed].filter(([key]) => this.#asked.has(key)));
    this.#asked.clear();
  }

  /** What is owed as long as nothing forbids it, and whether it is so. */
  #owe(setting: Setting, bound: Bound, what: string, { isOwed, isDone }: { isOwed: boolean; isDone: boolean }): void {
    if (!isOwed) return;
    const key = `${bound}: ${what}`;
    const { now } = setting.world;
    const before = this.measured.get(bound) ?? { times: 0, longestMs: 0 };
    const since = this.#owed.get(key) ?? (isDone && this.#owed.has(key) ? undefined : now);
    const tookMs = now - (since ?? now);
    const times = before.times + (this.#owed.has(key) ? 0 : 1);
    this.#asked.add(key);
    this.#owed.set(key, isDone ? undefined : since);
    this.measured.set(bound, { times, longestMs: Math.max(before.longestMs, tookMs) });
    if (!isDone && tookMs > BOUNDS[bound]) throw new Broken(`L after ${tookMs / 1_000} s it is not so that ${key}`);
  }

  #members(setting: Setting): void {
    const { world, nodes, broker } = setting;
    const isQuiet = world.now - this.disturbedAt >= QUIET_MS;
    const master = nodes.find(({ name }) => name === world.master);
    const { state } = broker.kept;
    for (const name of world.members) {
      const table = master?.kernel.table(world.members) ?? {};
      const others = world.members.filter((one) => one !== name);
      const isServed = others.some((one) => (table[one]?.weight ?? 0) > 0 && world.isWritable(one));
      // What people did about an earlier trouble, and what was tried in it, may hold back until the next.
      const isNew = this.disturbedAt + QUIET_MS <= world.since(name) && world.now > world.since(name);
      const isOwed = !world.isWritable(name) && isQuiet && isNew && isServed && mayAct(setting, name);
      const isOut = (table[name]?.weight ?? 0) === 0;
      this.#owe(setting, 'a member that takes no writes is out of the table', name, { isOwed, isDone: isOut });
      // Long enough that it was taken, in advance where keepalived was faster.
      if (!isOwed) this.#owedSince.set(name, world.now);
      const isTaken = isOwed && world.now - (this.#owedSince.get(name) ?? world.now) >= TAKEN_WITHIN_MS;
      const stays = 'it stays out, also where keepalived lists it again';
      this.#owe(setting, stays, name, { isOwed: isTaken, isDone: isOut });
      if (isTaken && isOut) this.#taken.add(name);
      else this.#taken.delete(name);

      const leases = Object.values(state?.leases ?? {}).filter(({ member }) => member === name);
      const weir = entryTime(state?.cursor ?? '0-0');
      const isAsked = leases.some(({ rule, until }) => rule === undefined && until > weir - ENDS_WITHIN_MS);
      const isBack = world.trouble(name) === 'none' && isQuiet && !isAsked;
      const filled = world.lastly(name, ['filling', 'full'], 240_000);
      const bound = filled ? 'the weight of one that filled is given back' : 'its weight is given back';
      for (const { name: node, kernel, isHostDead } of nodes) {
        if (isHostDead || !world.members.includes(node)) continue;
        const weight = kernel.lvs.weight(name);
        const isReduced = weight !== undefined && weight !== BASE && weight !== BY_HAND;
        this.#owe(setting, bound, `${name} on ${node}`, { isOwed: isBack && isReduced, isDone: false });
      }
    }
  }

  #evaluation(setting: Setting): void {
    const { broker, world, isWorkerCut, invariants, firstParts } = setting;
    const { state, incidentState } = broker.kept;
    const isOn = !isWorkerCut && state !== undefined;
    const time = entryTime(state?.cursor ?? '0-0');
    this.#owe(setting, 'time passes in the evaluation', 'pool', { isOwed: isOn, isDone: time > this.#cursor });
    this.#cursor = time;

    for (const one of invariants.decisions.holds) {
      const isDone = Object.keys(state?.holds ?? {}).length > 0;
      const isOwed = isOn && world.now < one.until - 2_000;
      this.#owe(setting, 'what a person holds is held', String(one.at), { isOwed, isDone });
    }
    for (const [key, { rule, target, phase, muted, outBy }] of Object.entries(state?.findings ?? {})) {
      const incident = Object.values(incidentState?.incidents ?? {}).find(
        (one) => one.rule === rule && one.target === target && one.resolvedAt === undefined,
      );
      const thread = incident && incidentState?.threads[incident.thread];
      const isDone = thread !== undefined && incidentState?.timers[thread.id]?.tellAt === undefined;
      const isOwed = isOn && phase === 'firing' && !muted && outBy === undefined;
      this.#owe(setting, 'what fires is told', key, { isOwed, isDone });
    }
    for (const name of Object.keys(firstParts.pool.members)) {
      // As long as one has it in its file it would come and go with each turn.
      const isGone = !world.members.includes(name) && world.now - this.differedAt > QUIET_MS;
      const isLeft =
        Object.values(state?.leases ?? {}).some(({ member }) => member === name) ||
        Object.values(state?.open ?? {}).some(({ decision }) => decision.target === name) ||
        Object.values(state?.findings ?? {}).some(({ target, phase }) => target === name && phase === 'firing');
      this.#owe(setting, 'what weir.yaml has no more is let go of', name, { isOwed: isOn && isGone, isDone: !isLeft });
    }
  }

  /** The bounds, with the longest that was seen. */
  inWords(): string {
    return (Object.keys(BOUNDS) as Bound[])
      .map((bound) => {
        const { times, longestMs } = this.measured.get(bound) ?? { times: 0, longestMs: 0 };
        return `${bound}: at most ${longestMs / 1_000} s of ${BOUNDS[bound] / 1_000} s, ${times} times`;
      })
      .join('; ');
  }
}
