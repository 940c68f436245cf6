/** What Weir must never do (design, "What it must never do"), asked of every move. Each throws a sentence. */

import { type ActionJob, DISRUPTIVE_KINDS } from '../../src/model/action.ts';
import type { Decision } from '../../src/model/decision.ts';
import { compareEntryIds, type Outcome } from '../../src/model/entry.ts';
import type { StepResult } from '../../src/rules/step.ts';
import type { Broker, Folded } from './broker.ts';
import type { Node, TableChange } from './node.ts';
import type { Parts } from './worker.ts';
import { BASE, BY_HAND, MEMBERS, POOL, type World } from './world.ts';

export class Broken extends Error {}

function hold(condition: boolean, sentence: string): void {
  if (!condition) throw new Broken(sentence);
}

/** A rule's action that a node has begun, for the budgets. */
interface Spent {
  readonly decision: Decision;
  /** Broker losses until then: what was decided before one is learned from the nodes. */
  readonly losses: number;
}

export class Invariants {
  readonly spent = new Map<string, Spent>();
  /** Polls in a row in which a node's own lease left nobody serving. */
  readonly #nobody = new Map<string, number>();
  readonly #fence = new Map<string, string>();
  readonly #taken = new Map<string, number>();
  /** Node and decision to when it was done. */
  readonly #done = new Map<string, number>();
  changes = 0;
  losses = 0;

  #found: unknown;

  /** Right before a node changes its table; what is broken is said by `ask`. */
  noteChange(change: TableChange): void {
    try {
      this.#change(change);
    } catch (error) {
      this.#found ??= error;
    }
  }

  /** After a job: what was done is done once, and nothing after something later. */
  ran(node: string, job: ActionJob, { result, at }: Outcome): void {
    if (result !== 'applied' || job.leaseIds !== undefined) return;
    const highest = this.#fence.get(node);
    const isLate = highest !== undefined && compareEntryIds(job.entryId, highest) < 0;
    const key = `${node} ${job.decision}`;
    const before = this.#done.get(key);
    // Asked again for what it has done a node gives the same answer.
    const isAgain = before === at;
    hold(!isLate || isAgain, `I6 ${node} acts on ${job.decision} after ${highest}`);
    hold(before === undefined || isAgain, `I6 ${key} is done again`);
    this.#done.set(key, before ?? at);
    if (!isLate) this.#fence.set(node, job.entryId);
  }

  /** After each move. */
  ask(): void {
    if (this.#found !== undefined) throw this.#found;
  }

  #change({ node, member, from, to, table, job }: TableChange): void {
    this.changes += 1;
    const serving = (weightOf: (name: string) => number) =>
      MEMBERS.filter((name) => table[name]?.listed && weightOf(name) > 0 && node.seenWritable.has(name));
    const weight = (name: string) => table[name]?.weight ?? 0;
    const before = serving(weight);
    const after = serving((name) => (name === member ? to : weight(name)));
    hold(
      to >= from || before.length === 0 || after.length > 0,
      `I1 ${node.name} leaves nobody serving: ${member} to ${to}`,
    );
    if (job === undefined || job.leaseIds !== undefined) return;
    hold(node.now <= job.expiresAt, `I7 ${node.name} acts on an expired job ${job.decision}`);
    if (to >= from) return;
    const key = `${node.name} ${job.decision}`;
    hold(!this.#taken.has(key), `I6 ${key} is done twice`);
    this.#taken.set(key, node.now);
  }

  /** After a fold, before it is committed. */
  folded({ state, results }: Folded, { policy }: Parts): void {
    for (const result of results) {
      for (const event of result.events) if (event.type === 'decision') this.#decision(event.decision, result, policy);
      const acting = result.jobs.filter(({ leaseIds, drill }) => leaseIds === undefined && drill === undefined);
      for (const job of acting) {
        const decision = result.records.find(({ id }) => id === job.decision);
        const isLet = decision?.verdict === 'act' && decision.rails.every(({ pass }) => pass);
        hold(isLet, `I9 a job that no rail let through: ${job.decision}`);
      }
    }
    hold(Object.keys(state.sweeps).length <= MEMBERS.length, 'I9 sweeps of nobody');
  }

  #decision(decision: Decision, { state }: StepResult, policy: Parts['policy']): void {
    if (decision.verdict !== 'act' || !decision.by.startsWith('rule:') || !DISRUPTIVE_KINDS.has(decision.action))
      return;
    const fresh = Object.values(state.sweeps).filter((sweep) => sweep.at + 3_000 >= decision.at);
    const inTrouble = MEMBERS.filter((name) => {
      const sweep = fresh.find((one) => one.observer === name) ?? fresh[0];
      const seen = sweep?.members[name];
      return seen?.writable === false || seen?.filling === true;
    });
    hold(inTrouble.length * 2 <= MEMBERS.length, `I2 ${decision.id} with ${inTrouble.join(', ')} in trouble together`);
    hold(
      fresh.some(({ director }) => director?.state === 'MASTER'),
      `I3 ${decision.id} while nobody fresh is MASTER`,
    );
    hold(state.settlesAt <= decision.at, `I3 ${decision.id} before the pool has settled`);
    const held = Object.values(state.holds).some(({ scope }) => scope.kind === 'all' || scope.kind === 'pool');
    hold(!held, `I11 ${decision.id} while people hold the pool`);
    this.#budget(
      decision,
      fresh.map(({ observer }) => observer),
      policy,
    );
    this.spent.set(decision.id, { decision, losses: this.losses });
  }

  /** Begun by nodes, as far as nodes that are heard can say it: a broker that came back empty asks them. */
  readonly begunOn = new Map<string, Set<string>>();

  #budget(decision: Decision, heard: readonly string[], { budgets }: Parts['policy']): void {
    const counts = {
      target: ({ target }: Decision) => target === decision.target,
      rule: ({ rule }: Decision) => rule === decision.rule,
      kind: ({ action }: Decision) => action === decision.action,
      pool: () => true,
    };
    for (const scope of ['target', 'rule', 'kind', 'pool'] as const) {
      const { max, perMs } = budgets[scope];
      const known = [...this.spent.values()].filter(({ decision: one, losses }) => {
        const isKnown = losses === this.losses || heard.some((node) => this.begunOn.get(one.id)?.has(node));
        return isKnown && counts[scope](one) && one.at > decision.at - perMs;
      });
      hold(known.length < max, `I10 ${decision.id} is number ${known.length + 1} of ${max} for its ${scope}`);
    }
  }

  /** After a node's poll. */
  polled(node: Node, world: World): void {
    const { hand } = node;
    if (hand === undefined) return;
    const table = node.table();
    const views = hand.liveLeases(POOL.name);
    hold(
      views.every(({ base }) => base === BASE || base === BY_HAND),
      `I8 ${node.name} takes ${views.map(({ base }) => base).join()} for a base`,
    );
    const isServing = (name: string) =>
      table[name]?.listed === true && table[name].weight > 0 && world.isWritable(name);
    const canServe = views.some(
      ({ member, contested }) => !contested && table[member]?.listed && world.isWritable(member),
    );
    const isEmpty = !MEMBERS.some(isServing) && canServe && !node.lvs.unreadable;
    const polls = isEmpty ? (this.#nobody.get(node.name) ?? 0) + 1 : 0;
    this.#nobody.set(node.name, polls);
    hold(polls <= 3, `I4 ${node.name} keeps a lease that leaves nobody serving`);
  }

  /** A decision that was closed as verified: a MASTER's table has shown it. */
  verified(results: readonly StepResult[], nodes: readonly Node[]): void {
    for (const { events, state } of results) {
      for (const event of events) {
        if (event.type !== 'closed' || event.decision.state !== 'verified') continue;
        const { target, weight, action, id } = event.decision;
        if (action !== 'drain' && action !== 'set_weight') continue;
        const isShown = Object.values(state.sweeps).some(
          ({ table, director }) => director?.state === 'MASTER' && table?.[target]?.weight === (weight ?? 0),
        );
        hold(isShown && nodes.length > 0, `I5 ${id} is called verified, and no MASTER shows it`);
      }
    }
  }

  /** After a commit. */
  committed(before: string | undefined, broker: Broker): void {
    const cursor = broker.kept.state?.cursor ?? '0-0';
    hold(before === undefined || compareEntryIds(cursor, before) >= 0, `I9 the cursor went back to ${cursor}`);
    for (const queue of broker.kept.queues.values()) {
      for (const job of queue) {
        hold(broker.committed.has(`${job.node}/${job.decision}`), `I9 ${job.decision} was never committed`);
      }
    }
  }
}
