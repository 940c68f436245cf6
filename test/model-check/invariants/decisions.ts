/** What the evaluation must never decide, or call done, judged by the world at the true time of the entry that it came with. */

import type { PolicyConfig } from '../../../src/model/configuration/config.ts';
import { DISRUPTIVE_KINDS } from '../../../src/model/decisions/action.ts';
import type { Decision } from '../../../src/model/decisions/decision.ts';
import { entryTime, findingKey } from '../../../src/model/ids.ts';
import type { Evaluated } from '../machines/broker.ts';
import { POOL } from '../machines/world.ts';
import type { Setting } from '../setting.ts';
import { hold } from './broken.ts';

/** A trouble that has lasted so long is in every fresh sweep, in ms. */
const SEEN_BY_ALL_MS = 5_000;

/** A drain that every poll of a MASTER could see for so long was to be seen, in ms. */
const TO_BE_SEEN_MS = 4_000;

/** A rule's decision to act. */
interface Spent {
  readonly decision: Decision;
  /** True time of its entry, in ms. */
  readonly at: number;
  /** Broker losses until then: what was decided before one is learned from the nodes. */
  readonly losses: number;
}

/** What a decision was made by. */
interface Ground {
  readonly settlesAt: number;
  /** Of the worker that has made it. */
  readonly policy: PolicyConfig;
}

/** What a person has said to hold. */
export interface Held {
  readonly at: number;
  readonly until: number;
}

export class Decisions {
  readonly spent = new Map<string, Spent>();
  /** What a decision has done: changed a table, or a node has begun it. */
  readonly #isTouched: (decision: string) => boolean;
  /** Begun by nodes, as far as nodes that are heard can say it: a broker that came back empty asks them. */
  readonly begunOn = new Map<string, Set<string>>();
  /** Closed as failed, to the losses until then. */
  readonly #denied = new Map<string, number>();
  holds: Held[] = [];
  losses = 0;

  constructor(isTouched: (decision: string) => boolean) {
    this.#isTouched = isTouched;
  }

  /** The broker has lost something: what it had is no more to be asked of it. */
  lost(): void {
    this.losses += 1;
    this.holds = [];
  }

  isDenied(decision: string): boolean {
    return this.#denied.get(decision) === this.losses;
  }

  /** After a fold, before it is committed. */
  folded({ events, jobs, decisions, state, aside, parts }: Evaluated, setting: Setting): void {
    hold(aside.length === 0, `I18 an entry was set aside: ${aside[0]?.why}`);
    const { policy } = parts;
    let settlesAt = setting.broker.kept.state?.settlesAt ?? 0;
    for (const event of events) {
      if (event.type === 'settling') settlesAt = event.at + policy.settleMs;
      if (event.type === 'decision') this.#decided(event.decision, { settlesAt, policy }, setting);
    }
    for (const { leaseIds, drill, decision: id } of jobs) {
      if (leaseIds !== undefined || drill !== undefined) continue;
      const decision = decisions.get(id);
      const isLet = decision?.verdict === 'act' && decision.rails.every(({ pass }) => pass);
      hold(isLet, `I9 a job that no rail let through: ${id}`);
    }
    this.#ended(events, state, setting);
    const strangers = Object.keys(state.sweeps).length - setting.nodes.length - 1;
    hold(strangers <= 0, 'I9 sweeps of nobody');
  }

  /** A lease is over for the pool by the word of a node that was no MASTER, and by nothing else. */
  #ended(events: Evaluated['events'], state: Evaluated['state'], { broker, world, nodes }: Setting): void {
    const wasMaster = (name: string) => {
      const heardAt = nodes.find((node) => node.name === name)?.masterHeardAt ?? 0;
      return world.isMaster(name) || heardAt >= world.now - SEEN_BY_ALL_MS;
    };
    const words = events.flatMap((event) => (event.type === 'lease' ? [event.outcome] : []));
    const isElse = events.some(({ type }) => type === 'closed' || type === 'finding');
    const now = entryTime(state.cursor);
    // The pool ends a lease that no finding wants once it has settled. A finding that is over by then has said so in an earlier
    // evaluation, or never where its rule is gone, and whoever speaks of the lease at this moment has ended nothing. A finding
    // that still fires, or a pool that still settles, is no such end: there a word has done it.
    const isUnwanted = (rule: string | undefined, member: string) =>
      rule !== undefined && now >= state.settlesAt && state.findings[findingKey(rule, member)]?.phase !== 'firing';
    for (const { id, member, rule, until } of Object.values(broker.kept.state?.leases ?? {})) {
      const about = words.filter(({ decision }) => decision === id);
      const isOver = state.leases[id] === undefined && until > now;
      if (!isOver || isElse || isUnwanted(rule, member)) continue;
      if (about.length === 0 || !world.members.includes(member)) continue;
      const counts = about.some(({ node, result }) => wasMaster(node) || (result === 'ended' && rule === undefined));
      hold(counts, `I19 ${id} is over for all by the word of ${about.map(({ node }) => node).join(', ')}, no MASTER`);
    }
  }

  /** True time of the entry that a decision came with, in ms. */
  #timeOf({ id }: Decision, { broker }: Setting): number {
    return broker.appendedAt(id.slice(0, id.indexOf('.'))) ?? 0;
  }

  #decided(decision: Decision, { settlesAt, policy }: Ground, setting: Setting): void {
    const { verdict, by, action, id } = decision;
    if (verdict !== 'act' || !by.startsWith('rule:') || !DISRUPTIVE_KINDS.has(action)) return;
    const { world, nodes } = setting;
    const at = this.#timeOf(decision, setting);
    const inTrouble = world.members.filter((name) => (world.steady(name, at, SEEN_BY_ALL_MS) ?? 'none') !== 'none');
    hold(inTrouble.length * 2 <= world.members.length, `I2 ${id} with ${inTrouble.join(', ')} in trouble together`);
    const heard = nodes.filter(({ masterHeardAt }) => masterHeardAt >= at - SEEN_BY_ALL_MS);
    hold(heard.length > 0, `I3 ${id} while nobody fresh is MASTER`);
    hold(settlesAt <= decision.at, `I3 ${id} before the pool has settled`);
    const isHeld = this.holds.some((one) => at > one.at && at < one.until);
    hold(!isHeld, `I11 ${id} while people hold the pool`);
    hold(!setting.liveness.isOff(setting), `I16 ${id} although the mode is off in one weir.yaml`);
    this.#budget(decision, policy, at, setting);
    this.spent.set(id, { decision, at, losses: this.losses });
  }

  /** Each worker decides by its own weir.yaml, by turns with the others (docs/weir-yaml.md): its budgets are asked. */
  #budget(decision: Decision, { budgets }: PolicyConfig, at: number, { nodes, world }: Setting): void {
    const heard = nodes.filter(({ heardAt }) => heardAt >= world.now - 3_000).map(({ name }) => name);
    const counts = {
      target: ({ target }: Decision) => target === decision.target,
      rule: ({ rule }: Decision) => rule === decision.rule,
      kind: ({ action }: Decision) => action === decision.action,
      pool: () => true,
    };
    for (const scope of ['target', 'rule', 'kind', 'pool'] as const) {
      const { max, perMs } = budgets[scope];
      const known = [...this.spent.values()].filter(({ decision: one, losses, at: then }) => {
        const isKnown = losses === this.losses || heard.some((node) => this.begunOn.get(one.id)?.has(node));
        return isKnown && one.id !== decision.id && this.#isTouched(one.id) && counts[scope](one) && then > at - perMs;
      });
      hold(known.length < max, `I10 ${decision.id} is number ${known.length + 1} of ${max} for its ${scope}`);
    }
  }

  /** After a commit. */
  written({ events }: Evaluated, setting: Setting): void {
    for (const event of events) {
      if (event.type !== 'closed') continue;
      const { decision } = event;
      const { state, target, weight = 0, action, id, closing } = decision;
      if (action !== 'drain' && action !== 'set_weight') continue;
      if (state === 'failed' || state === 'expired') this.#denied.set(id, this.losses);
      if (state === 'verified') {
        const isShown = setting.nodes.some(({ kernel, actuator }) => {
          const isHeld = actuator?.liveLeases(POOL.name).some((lease) => lease.id === id) === true;
          const isInAdvance = isHeld && kernel.showed(target, 0, setting.world.now - 60_000);
          return isInAdvance || kernel.showed(target, weight, setting.world.now - 60_000);
        });
        hold(isShown, `I5 ${id} is called verified, and no table has shown it`);
      }
      // keepalived may have been faster: what it took out has no weight either.
      const isSeen = setting.liveness.isOutFor(target, TO_BE_SEEN_MS, setting) && weight === 0;
      const isUnseen = state === 'unverified' && closing?.startsWith('No fresh sweep') === true;
      hold(!isUnseen || !isSeen, `I17 ${id} is called unverified, and the MASTER's table shows it`);
    }
  }
}
