/** What a node must never do to its table, judged by the world: its true time, its members as they are. */

import type { ActionJob } from '../../../src/model/decisions/action.ts';
import type { Outcome } from '../../../src/model/decisions/outcome.ts';
import { compareEntryIds } from '../../../src/model/ids.ts';
import { JOB_EXPIRES_MS } from '../../../src/rules/state/state.ts';
import type { WeightChange } from '../machines/kernel.ts';
import type { Node } from '../machines/node.ts';
import { BASE, BY_HAND, POOL } from '../machines/world.ts';
import type { Setting } from '../setting.ts';
import { Broken, hold } from './broken.ts';
import { Releases } from './releases.ts';

/** A poll may be 3 s old and count (stale_after), and there is one a second. In ms. */
const SEEN_WITHIN_MS = 4_000;

/** A clock that asks the broker once a second is behind it by less. In ms. */
const CLOCK_SLACK_MS = 1_000;

/** The release rule looks twice, some seconds apart; a look more for the poll that it happens in. */
const POLLS_WITH_NOBODY = 5;

/** What is in no table needs no look: the next poll lets it go, a poll more for an ipvsadm that fails. */
const POLLS_WITH_GONE = 3;

export class Acts {
  /** Decisions whose job has changed a table. */
  readonly touched = new Set<string>();
  changes = 0;
  readonly #releases = new Releases();
  /** Polls in a row in which a node's own lease left nobody serving. */
  readonly #nobody = new Map<string, number>();
  /** Polls in a row after which a node still held what its weir.yaml and its table have no more. */
  readonly #gone = new Map<string, number>();
  readonly #fence = new Map<string, string>();
  readonly #taken = new Set<string>();
  /** Node and decision to when it was done. */
  readonly #done = new Map<string, number>();
  /** Node and decision whose job has come, and was not refused. */
  readonly #came = new Set<string>();
  /** Node to the leases that it held at its last poll, or has taken by a job since. */
  readonly #held = new Map<string, Set<string>>();

  changed(node: Node, { member, from, to, table }: WeightChange, { world, broker }: Setting): void {
    this.changes += 1;
    const { job } = node;
    const serving = (weightOf: (name: string) => number, isWritable: (name: string) => boolean) =>
      world.members.filter((name) => table[name]?.listed && weightOf(name) > 0 && isWritable(name));
    const weight = (name: string) => table[name]?.weight ?? 0;
    const before = serving(weight, (name) => world.isWritable(name));
    const after = serving(
      (name) => (name === member ? to : weight(name)),
      (name) => world.wasWritable(name, SEEN_WITHIN_MS),
    );
    hold(
      to >= from || before.length === 0 || after.length > 0,
      `I1 ${node.name} leaves nobody serving: ${member} to ${to}`,
    );
    if (job === undefined || job.leaseIds !== undefined) return;
    this.touched.add(job.decision);
    const lateMs = world.now - (broker.appendedAt(job.entryId) ?? 0) - JOB_EXPIRES_MS;
    hold(lateMs <= CLOCK_SLACK_MS, `I7 ${node.name} acts on ${job.decision} ${lateMs} ms after the job had expired`);
    if (to >= from) return;
    const key = `${node.name} ${job.decision}`;
    hold(!this.#taken.has(key), `I6 ${key} is done twice`);
    this.#taken.add(key);
  }

  /** A job has come to a node. */
  came(node: Node, job: ActionJob): void {
    this.#came.add(`${node.name} ${job.decision}`);
  }

  /** After a job: what was done is done once, and nothing after something later. */
  ran(node: Node, job: ActionJob, { result, at }: Outcome): void {
    // What it was refused it has not by this job.
    if (result !== 'applied') this.#came.delete(`${node.name} ${job.decision}`);
    if (result !== 'applied' || job.leaseIds !== undefined) return;
    const highest = this.#fence.get(node.name);
    const isLate = highest !== undefined && compareEntryIds(job.entryId, highest) < 0;
    const key = `${node.name} ${job.decision}`;
    const before = this.#done.get(key);
    // Asked again for what it has done a node gives the same answer.
    const isAgain = before === at;
    hold(!isLate || isAgain, `I6 ${node.name} acts on ${job.decision} after ${highest}`);
    hold(before === undefined || isAgain, `I6 ${key} is done again`);
    this.#done.set(key, before ?? at);
    if (!isLate) this.#fence.set(node.name, job.entryId);
    if (isAgain || job.action === 'restore') return;
    const isForced = job.force === true;
    hold(isForced || node.holdFile === undefined, `I14 ${node.name} does ${job.decision} under its hold file`);
    this.#held.get(node.name)?.add(job.decision);
    this.#releases.ran(node, job);
  }

  /** A node's poll has looked at the members, and has done nothing yet. */
  looked(node: Node, setting: Setting): void {
    this.#releases.looked(node, setting);
  }

  /** What the actuator says that it did by itself. */
  said(node: Node, outcome: Outcome, setting: Setting): void {
    this.#releases.said(node, outcome, setting);
  }

  /** After a node's poll. `denied`: whether a decision was closed as failed, and that is still known. */
  polled(node: Node, setting: Setting, denied: (decision: string) => boolean): void {
    const { world, sight } = setting;
    const { actuator, kernel, name } = node;
    this.#releases.polled(node);
    if (actuator === undefined || !node.isUp) return;
    const table = kernel.table(world.members);
    const views = actuator.liveLeases(POOL.name);
    hold(
      views.every(({ base }) => base === BASE || base === BY_HAND),
      `I8 ${name} takes ${views.map(({ base }) => base).join()} for a base`,
    );
    const held = this.#held.get(name);
    for (const { id } of views) {
      if (held === undefined || held.has(id) || this.#came.has(`${name} ${id}`)) continue;
      hold(node.holdFile === undefined, `I14 ${name} takes up ${id} under its hold file`);
      if (denied(id)) throw new Broken(`I15 ${name} takes up ${id}, which was closed as failed`);
    }
    this.#held.set(name, new Set(views.map(({ id }) => id)));
    const isServing = (one: string) => table[one]?.listed === true && table[one].weight > 0 && world.isWritable(one);
    const canServe = views.some(
      ({ member, contested }) => !contested && table[member]?.listed && world.isWritable(member),
    );
    const isSeen = world.isMaster(name) && world.members.every((one) => sight.missed(name, one) === 0);
    const isEmpty = isSeen && !world.members.some(isServing) && canServe && !kernel.lvs.unreadable;
    const polls = isEmpty ? (this.#nobody.get(name) ?? 0) + 1 : 0;
    this.#nobody.set(name, polls);
    hold(polls <= POLLS_WITH_NOBODY, `I4 ${name} keeps a lease that leaves nobody serving`);
    this.#polledGone(node, setting);
  }

  #polledGone({ name, parts, kernel, actuator }: Node, { firstParts }: Setting): void {
    const gone = Object.keys(firstParts.pool.members).filter(
      (member) => parts.pool.members[member] === undefined && kernel.lvs.weight(member) === undefined,
    );
    const said = gone.length === 0 ? [] : (actuator?.troubles(POOL.name) ?? []);
    const isHeld = gone.some((member) => said.some((one) => one.includes(`holds ${POOL.name}/${member} at`)));
    const polls = isHeld && !kernel.lvs.unreadable ? (this.#gone.get(name) ?? 0) + 1 : 0;
    this.#gone.set(name, polls);
    hold(polls <= POLLS_WITH_GONE, `I21 ${name} holds ${gone.join(', ')}, which its weir.yaml and table have no more`);
  }

  /** A process that is started again, or a table that somebody else looks after now. */
  forget(node: Node): void {
    this.#nobody.delete(node.name);
    this.#gone.delete(node.name);
  }
}
