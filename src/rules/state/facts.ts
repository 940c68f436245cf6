import type { PoolConfig } from '../../model/configuration/config.ts';
import type { Scope, Truth } from '../../model/decisions/rule.ts';
import type { Facts } from '../../model/people/status.ts';
import type { Sweep } from '../../model/readings/reading.ts';
import {
  type ConsumerSignals,
  type DirectorSignals,
  MAX_SECONDS_TO_FULL,
  type MemberSignals,
  type Mutable,
  type PoolSignals,
  type Signals,
  type TargetKind,
} from '../../model/readings/signals.ts';
import { offIntent } from '../decisions/table-drift.ts';
import { othersOf } from '../findings/among.ts';
import { memberFact } from './merge-readings.ts';

/** Facts, and where they come from. */
export interface KnownFacts extends Facts {
  /** Member to the observer whose reading was used. A member that nobody read, or that lets nobody look, is absent. */
  readonly readBy: Readonly<Record<string, string>>;
  /** Target to the start of the poll whose reading was used, in broker ms. A target that was not read is absent. */
  readonly readAt: Readonly<Record<TargetKind, Readonly<Record<string, number>>>>;
  /** The fresh nodes that are MASTER; more than one after a split. */
  readonly masters: readonly string[];
}

/** Before anything is known. */
export const NO_FACTS: KnownFacts = {
  pool: {},
  members: {},
  directors: {},
  consumers: {},
  readBy: {},
  masters: [],
  readAt: { pool: {}, member: {}, director: {}, consumer: {} },
};

/**
 * One merged reading per target from the fresh sweeps; members are merged in src/rules/state/merge-readings.ts.
 * @param brokerTroubles sentences about the broker, from the worker that evaluates.
 * @param external signals of the pool that no sweep has.
 */
export function buildFacts(
  pool: PoolConfig,
  sweeps: readonly Sweep[],
  brokerTroubles: readonly string[] = [],
  external: PoolSignals = {},
): KnownFacts {
  const names = Object.keys(pool.members);
  const nodes = sweeps.filter((sweep) => pool.members[sweep.observer] !== undefined);
  const masters = nodes
    .filter((sweep) => sweep.director?.state === 'MASTER')
    .map((sweep) => sweep.observer)
    .sort();
  const master = nodes.find((sweep) => sweep.observer === masters[0]);

  const members: Record<string, MemberSignals> = {};
  const readBy: Record<string, string> = {};
  const readAt: Record<TargetKind, Record<string, number>> = { pool: {}, member: {}, director: {}, consumer: {} };
  // The pool has been read again when every fresh observer has polled again.
  if (sweeps.length > 0) readAt.pool[pool.name] = Math.min(...sweeps.map(({ at }) => at));
  for (const name of names) {
    const fact = memberFact(name, sweeps, master);
    if (fact.readBy !== undefined) readBy[name] = fact.readBy;
    if (fact.readAt !== undefined) readAt.member[name] = fact.readAt;
    members[name] = fact.signals;
  }
  const directors: Record<string, DirectorSignals> = {};
  for (const name of names) {
    const sweep = nodes.find(({ observer }) => observer === name);
    if (sweep !== undefined) readAt.director[name] = sweep.at;
    directors[name] = sweep === undefined ? {} : directorOnce(pool, sweep);
  }
  const consumers: Record<string, ConsumerSignals> = {};
  for (const name of Object.keys(pool.consumers)) {
    const sweep = sweeps.filter((sweep) => sweep.consumers[name] !== undefined).sort((a, b) => b.at - a.at)[0];
    if (sweep !== undefined) readAt.consumer[name] = sweep.at;
    consumers[name] = sweep?.consumers[name] ?? {};
  }
  const poolFacts = poolSignals({ names, members, readBy, masters, directors, freshNodes: nodes.length });
  const most = mostDelivered(Object.values(consumers));
  return {
    pool: {
      ...poolFacts,
      ...(most !== undefined && { most_events_out_rate: most }),
      broker_trouble: brokerTroubles.join(' '),
      ...external,
    },
    members,
    directors,
    consumers,
    readBy,
    readAt,
    masters,
  };
}

/** As in src/rules/state/merge-readings.ts, the same sweep gives the same object. */
const directorSides = new WeakMap<Sweep, { readonly pool: PoolConfig; readonly signals: DirectorSignals }>();

function directorOnce(pool: PoolConfig, sweep: Sweep): DirectorSignals {
  const cached = directorSides.get(sweep);
  if (cached?.pool === pool) return cached.signals;
  const off = offIntent(pool, sweep)?.join(', ');
  const signals = { ...sweep.director, ...(off !== undefined && { off_intent: off }) };
  directorSides.set(sweep, { pool, signals });
  return signals;
}

/** What is counted of members for the pool. */
type MemberFlag = 'answering' | 'writable' | 'filling' | 'full' | 'listed' | 'serving';

interface PoolParts {
  readonly names: readonly string[];
  readonly members: Readonly<Record<string, MemberSignals>>;
  readonly readBy: Readonly<Record<string, string>>;
  readonly masters: readonly string[];
  readonly directors: Readonly<Record<string, DirectorSignals>>;
  readonly freshNodes: number;
}

function poolSignals({ names, members, readBy, masters, directors, freshNodes }: PoolParts): PoolSignals {
  const all = Object.values(members);
  const count = (signal: MemberFlag) => all.filter((member) => member[signal] === true).length;
  const holding = names.filter((name) => directors[name]?.state === 'MASTER' || directors[name]?.vip === true);
  const signals: Mutable<PoolSignals> = {
    members: names.length,
    known_members: Object.keys(readBy).length,
    answering_members: count('answering'),
    writable_members: count('writable'),
    filling_members: count('filling'),
    full_members: count('full'),
    directors: names.length,
    fresh_directors: freshNodes,
    masters: holding.length,
    master: masters[0] ?? '',
    master_fresh: masters.length > 0,
  };
  const vrrp = vrrpOf(
    names.map((name) => directors[name]?.vip !== undefined),
    holding.length,
  );
  if (vrrp !== undefined) signals.vrrp = vrrp;
  if (all.some(({ listed }) => listed !== undefined)) {
    signals.listed_members = count('listed');
    signals.serving_members = count('serving');
  }
  for (const signal of ['queue_depth', 'queue_growth', 'inflow_rate', 'consume_rate'] as const) {
    const sum = sumOf(all, signal);
    if (sum !== undefined) signals[signal] = sum;
  }
  for (const signal of ['refused_writes', 'refused_rate'] as const) {
    // A loss that some members count is known. That nothing is lost is known when all members that answer count.
    const sum = sumOf(all, signal);
    const isWhole = all.every((member) => member.answering !== true || member[signal] !== undefined);
    if (sum !== undefined && (sum > 0 || isWhole)) signals[signal] = sum;
  }
  const toFull = numbers(all, 'seconds_to_full');
  if (toFull.length > 0) signals.seconds_to_full = Math.min(MAX_SECONDS_TO_FULL, ...toFull);
  const sized = all.filter(
    ({ memory_bytes: bytes, memory_limit_bytes: limitBytes }) => bytes !== undefined && limitBytes !== undefined,
  );
  const limit = numbers(sized, 'memory_limit_bytes').reduce((sum, value) => sum + value, 0);
  if (limit > 0) signals.memory_ratio = numbers(sized, 'memory_bytes').reduce((sum, value) => sum + value, 0) / limit;
  return signals;
}

/** The rate that each consumer is compared with. Comparing each of a thousand with all others would take a second. */
function mostDelivered(consumers: readonly ConsumerSignals[]): number | undefined {
  const rates = numbers(
    consumers.filter(({ answering }) => answering === true),
    'events_out_rate',
  );
  return rates.length === 0 ? undefined : rates.reduce((most, rate) => Math.max(most, rate));
}

/**
 * Whether one node has the VIP, or several, or none. undefined when no fresh node has it and not every node was read: the
 * node that was not read may have it.
 */
function vrrpOf(read: readonly boolean[], holding: number): 'OK' | 'DUAL' | 'NO_MASTER' | undefined {
  if (holding > 0) return holding > 1 ? 'DUAL' : 'OK';
  return read.every(Boolean) ? 'NO_MASTER' : undefined;
}

/** Readings in which a signal of this name is a number. */
type Numbers<Name extends string> = { readonly [Signal in Name]?: number };

/** undefined where no member has the signal. */
function sumOf<Name extends string>(all: readonly Numbers<Name>[], signal: Name): number | undefined {
  const values = numbers(all, signal);
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

function numbers<Name extends string>(all: readonly Numbers<Name>[], signal: Name): number[] {
  return all.map((signals) => signals[signal]).filter((value) => value !== undefined);
}

/** Results of expressions that see nothing but these signals. */
const truths = new WeakMap<Signals, Map<symbol, Truth>>();

function truthsOf(signals: Signals): Map<symbol, Truth> {
  const cached = truths.get(signals) ?? new Map<symbol, Truth>();
  truths.set(signals, cached);
  return cached;
}

/** For each target of a kind what an expression about it can see. One list serves all rules. */
export function scopesOf(kind: TargetKind, facts: Facts, poolName: string): Map<string, Scope> {
  if (kind === 'pool') return new Map([[poolName, { pool: facts.pool }]]);
  const all = facts[`${kind}s`];
  const readings = Object.values(all);
  const scopes = Object.keys(all).map((target, index): [string, Scope] => {
    const own = readings[index] as Signals;
    const among = { all: readings, index };
    const scope: Scope = {
      pool: facts.pool,
      [kind]: own,
      among,
      known: truthsOf(own),
      get peers() {
        return othersOf(readings, index);
      },
    };
    return [target, scope];
  });
  return new Map(scopes);
}

/** The targets of a kind, by name. */
export function targetsOf(kind: TargetKind, facts: Facts, poolName: string): string[] {
  if (kind === 'pool') return [poolName];
  return Object.keys(facts[`${kind}s`]);
}

/** What an expression about this target can see. */
export function scopeOf(kind: TargetKind, target: string, facts: Facts): Scope {
  if (kind === 'pool') return { pool: facts.pool };
  const all = facts[`${kind}s`];
  const peers = Object.entries(all)
    .filter(([name]) => name !== target)
    .map(([, signals]) => signals);
  return { pool: facts.pool, [kind]: all[target] ?? {}, peers };
}
