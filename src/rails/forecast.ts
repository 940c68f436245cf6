/**
 * What an action does to the members that remain: inflow, free memory, seconds to full. Pure arithmetic on measured rates.
 *
 * The target's producers come back spread by weight. A received byte counts as a byte of memory: for long items that is a
 * little more than they cost, for items of a few bytes less. Of what arrives additionally as much is taken as consumers
 * have shown that they can: the most that they took from this member in the last day, and what they take from the target
 * now, which is the same logs from another list. Only where the member keeps pace now: consumers that are behind have
 * nothing to spare.
 */

import type { Proposal, RailFacts } from '../model/decisions/rail.ts';
import { MAX_SECONDS_TO_FULL, type MemberSignals } from '../model/readings/signals.ts';

/** A silent member's inflow is taken to be the last one read, if that is not older than this, in ms. */
const INFLOW_KEPT_MS = 300_000;

/** Consumers are behind where the lists hold more than is pushed in so long, in s, and grow by more than this share of it. */
const BEHIND_SECONDS = 10;
const BEHIND_SHARE = 0.05;

export interface Forecast {
  readonly name: string;
  /** In bytes/s. */
  readonly inflowAfter: number;
  readonly freeBytes: number;
  readonly secondsNow: number;
  readonly secondsAfter: number;
}

/** One forecast for each member that takes more afterwards; a sentence where that cannot be computed. */
export function forecast(proposal: Proposal, facts: RailFacts): readonly Forecast[] | string {
  const { members } = facts.facts;
  const target = members[proposal.target] ?? {};
  const takers = Object.keys(members).filter((name) => {
    const member = members[name] ?? {};
    return member.serving === true && (name !== proposal.target || proposal.action === 'failover');
  });
  const weightOf = (name: string) => members[name]?.weight ?? 0;
  const weights = takers.reduce((sum, name) => sum + weightOf(name), 0);
  if (weights === 0) return 'Nobody would be left to take the inflow.';
  const inflowOf = (name: string) => knownInflow(name, facts);
  const total = Object.keys(members).reduce((sum, name) => sum + (inflowOf(name) ?? 0), 0);
  const totalTaken = Object.values(members).reduce((sum, member) => sum + (member.consume_rate ?? 0), 0);
  const moving = movingShare(proposal, target) * (inflowOf(proposal.target) ?? 0);
  if (inflowOf(proposal.target) === undefined) return `Nobody knows how much ${proposal.target} takes.`;

  const forecasts: Forecast[] = [];
  for (const name of takers) {
    const one = members[name] ?? {};
    const inflow = inflowOf(name);
    const memory = one.memory_bytes;
    const limit = one.memory_limit_bytes;
    if (inflow === undefined) return `Nobody knows how much ${name} takes.`;
    if (memory === undefined || limit === undefined) {
      return `Nobody knows how much room ${name} has: no maxmemory of its Redis is known, and weir.yaml has no memory_budget.`;
    }
    const share = weightOf(name) / weights;
    // After a failover everybody connects anew, and the new MASTER spreads all of it by weight.
    const addedInflow = proposal.action === 'failover' ? Math.max(0, total * share - inflow) : moving * share;
    if (addedInflow === 0) continue;
    const growth = lastingGrowth(one);
    const taken = one.consume_rate ?? 0;
    const freed = proposal.action === 'failover' ? share * totalTaken - taken : share * (target.consume_rate ?? 0);
    const peak = facts.loads[name]?.peakTaken ?? 0;
    const spare = isBehind(one) ? 0 : Math.max(peak - taken, freed, 0);
    const growthAfter = growth + Math.max(0, addedInflow - spare);
    const freeBytes = Math.max(0, limit - memory);
    forecasts.push({
      name,
      inflowAfter: inflow + addedInflow,
      freeBytes,
      secondsNow: one.seconds_to_full ?? secondsToFull(freeBytes, growth),
      secondsAfter: secondsToFull(freeBytes, growthAfter),
    });
  }
  return forecasts;
}

/** Memory goes up and down with every connection; the lists say whether what comes in is taken. Unknown: by the memory. */
function isBehind(member: MemberSignals): boolean {
  const { queue_depth: depth, queue_growth: growing, push_rate: pushed } = member;
  if (depth === undefined || growing === undefined || pushed === undefined) {
    return (member.memory_growth ?? 0) > BEHIND_SHARE * (member.inflow_rate ?? 0);
  }
  return depth > BEHIND_SECONDS * pushed && growing > BEHIND_SHARE * pushed;
}

/**
 * How fast the memory grows, in bytes/s, at least 0. Where the member keeps pace it lasts only as far as bytes come in: what
 * grows faster is buffers of connections that have just arrived, which are paid once.
 */
function lastingGrowth(member: MemberSignals): number {
  const growth = Math.max(0, member.memory_growth ?? 0);
  return isBehind(member) ? growth : Math.min(growth, member.inflow_rate ?? growth);
}

/** Which part of the target's inflow goes elsewhere. Producers stay where they are when only the weight is lowered, and come back elsewhere in time. */
function movingShare({ action, weight = 0 }: Proposal, target: MemberSignals): number {
  const now = target.weight ?? 0;
  if (action === 'drain') return 1;
  return now <= 0 || weight >= now ? 0 : 1 - weight / now;
}

/** Bytes per second: as read now, as last read, or what the members take in the mean; undefined when nobody knows any. */
function knownInflow(name: string, { facts, loads, now }: RailFacts): number | undefined {
  const read = facts.members[name]?.inflow_rate;
  if (read !== undefined) return read;
  const last = loads[name];
  if (last !== undefined && now - last.at <= INFLOW_KEPT_MS) return last.inflow;
  const others = Object.values(facts.members).flatMap((member) => member.inflow_rate ?? []);
  return others.length === 0 ? undefined : others.reduce((sum, value) => sum + value, 0) / others.length;
}

function secondsToFull(freeBytes: number, growth: number): number {
  return growth <= 0 ? MAX_SECONDS_TO_FULL : Math.min(MAX_SECONDS_TO_FULL, freeBytes / growth);
}
