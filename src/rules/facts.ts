import type { PoolConfig } from '../model/config.ts';
import type { Truth } from '../model/decision.ts';
import type { Signals, SignalValue, Sweep, TableRow, TargetKind } from '../model/reading.ts';
import type { Scope } from '../model/rule.ts';
import { MAX_SECONDS_TO_FULL } from '../model/signals.ts';
import type { Facts } from '../model/status.ts';
import { offIntent } from './intent.ts';

/** Facts and where they came from. */
export interface KnownFacts extends Facts {
  /** Member to the observer whose reading was used. Members that nobody read are absent. */
  readonly readBy: Readonly<Record<string, string>>;
  /** The fresh nodes that are MASTER; more than one after a split. */
  readonly masters: readonly string[];
}

/** Before anything is known. */
export const NO_FACTS: KnownFacts = {
  ...{ pool: {}, members: {}, directors: {}, consumers: {}, readBy: {}, masters: [] },
};

/**
 * One merged reading per target from the fresh sweeps. A member's quantities come from its own node while that is
 * fresh, else from the freshest other observer; never mixed. Its place in the LVS table comes from the MASTER's table.
 * `brokerTroubles`: sentences about the broker, from whoever evaluates. `external`: signals of the pool that no sweep has.
 */
export function buildFacts(
  pool: PoolConfig,
  sweeps: readonly Sweep[],
  brokerTroubles: readonly string[] = [],
  external: Signals = {},
): KnownFacts {
  const names = Object.keys(pool.members);
  const nodes = sweeps.filter((sweep) => pool.members[sweep.observer] !== undefined);
  const masters = nodes
    .filter((sweep) => sweep.director?.state === 'MASTER')
    .map((sweep) => sweep.observer)
    .sort();
  const master = nodes.find((sweep) => sweep.observer === masters[0]);

  const members: Record<string, Signals> = {};
  const readBy: Record<string, string> = {};
  for (const name of names) {
    const sweep = bestReading(name, sweeps);
    if (sweep !== undefined) readBy[name] = sweep.observer;
    members[name] = laidOnce(name, sweep?.members[name], master);
  }
  const directors: Record<string, Signals> = {};
  for (const name of names) {
    const sweep = nodes.find((one) => one.observer === name);
    directors[name] = sweep === undefined ? {} : directorOnce(pool, sweep);
  }
  const consumers: Record<string, Signals> = {};
  for (const name of Object.keys(pool.consumers)) {
    const sweep = sweeps.filter((one) => one.consumers[name] !== undefined).sort((a, b) => b.at - a.at)[0];
    consumers[name] = sweep?.consumers[name] ?? {};
  }
  const poolFacts = poolSignals({ names, members, readBy, masters, directors, freshNodes: nodes.length });
  return {
    pool: { ...poolFacts, broker_trouble: brokerTroubles.join(' '), ...external },
    members,
    directors,
    consumers,
    readBy,
    masters,
  };
}

function bestReading(name: string, sweeps: readonly Sweep[]): Sweep | undefined {
  const readings = sweeps.filter((sweep) => sweep.members[name] !== undefined);
  return readings.find((sweep) => sweep.observer === name) ?? readings.sort((a, b) => b.at - a.at)[0];
}

/**
 * Of the sweeps that are remembered one is new at a time, so most of the facts are those of the entry before: they are the
 * same objects, which lets an expression that sees nothing else know that it need not be evaluated again.
 */
const laid = new WeakMap<Signals, { readonly name: string; readonly director?: Sweep; readonly signals: Signals }>();
const directorSides = new WeakMap<Sweep, { readonly pool: PoolConfig; readonly signals: Signals }>();

function laidOnce(name: string, reading: Signals | undefined, director: Sweep | undefined): Signals {
  const known = reading && laid.get(reading);
  if (known !== undefined && known.name === name && known.director === director) return known.signals;
  const signals = memberSignals(name, reading, director);
  if (reading !== undefined) laid.set(reading, { name, signals, ...(director && { director }) });
  return signals;
}

function directorOnce(pool: PoolConfig, sweep: Sweep): Signals {
  const known = directorSides.get(sweep);
  if (known?.pool === pool) return known.signals;
  const off = offIntent(pool, sweep)?.join(', ');
  const signals = { ...sweep.director, ...(off !== undefined && { off_intent: off }) };
  directorSides.set(sweep, { pool, signals });
  return signals;
}

const NOT_LISTED: TableRow = { listed: false, weight: 0, activeConnections: 0, inactiveConnections: 0 };

/** A member's reading with its row of the MASTER's table laid over it. */
export function memberSignals(name: string, reading: Signals | undefined, director: Sweep | undefined): Signals {
  const signals: Record<string, SignalValue> = { ...reading };
  if (director !== undefined) signals.master = director.observer === name;
  if (director?.table === undefined) return signals;
  const row = director.table[name] ?? NOT_LISTED;
  signals.listed = row.listed;
  signals.weight = row.weight;
  signals.active_connections = row.activeConnections;
  signals.held = director.leases.some((lease) => lease.member === name && !lease.contested);
  if (typeof signals.writable === 'boolean') signals.serving = row.listed && row.weight > 0 && signals.writable;
  return signals;
}

interface PoolParts {
  readonly names: readonly string[];
  readonly members: Readonly<Record<string, Signals>>;
  readonly readBy: Readonly<Record<string, string>>;
  readonly masters: readonly string[];
  readonly directors: Readonly<Record<string, Signals>>;
  readonly freshNodes: number;
}

function poolSignals({ names, members, readBy, masters, directors, freshNodes }: PoolParts): Signals {
  const all = Object.values(members);
  const count = (signal: string) => all.filter((one) => one[signal] === true).length;
  const holding = names.filter((name) => directors[name]?.state === 'MASTER' || directors[name]?.vip === true);
  const signals: Record<string, SignalValue> = {
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
  if (all.some((one) => one.listed !== undefined)) {
    signals.listed_members = count('listed');
    signals.serving_members = count('serving');
  }
  for (const signal of [
    'queue_depth',
    'queue_growth',
    'inflow_rate',
    'consume_rate',
    'refused_writes',
    'refused_rate',
  ]) {
    const values = numbers(all, signal);
    if (values.length > 0) signals[signal] = values.reduce((sum, value) => sum + value, 0);
  }
  const toFull = numbers(all, 'seconds_to_full');
  if (toFull.length > 0) signals.seconds_to_full = Math.min(MAX_SECONDS_TO_FULL, ...toFull);
  const sized = all.filter((one) => typeof one.memory_bytes === 'number' && typeof one.memory_limit_bytes === 'number');
  const limit = numbers(sized, 'memory_limit_bytes').reduce((sum, value) => sum + value, 0);
  if (limit > 0) signals.memory_ratio = numbers(sized, 'memory_bytes').reduce((sum, value) => sum + value, 0) / limit;
  return signals;
}

/**
 * Who has the VIP, over all nodes: one, several or nobody. undefined when no fresh node has it and not every node was
 * read: the one that was not may.
 */
function vrrpOf(read: readonly boolean[], holding: number): 'OK' | 'DUAL' | 'NO_MASTER' | undefined {
  if (holding > 0) return holding > 1 ? 'DUAL' : 'OK';
  return read.every((one) => one) ? 'NO_MASTER' : undefined;
}

function numbers(all: readonly Signals[], signal: string): number[] {
  return all.map((one) => one[signal]).filter((value): value is number => typeof value === 'number');
}

const found = new WeakMap<Signals, Map<symbol, Truth>>();

function knownOf(signals: Signals): Map<symbol, Truth> {
  const known = found.get(signals) ?? new Map<symbol, Truth>();
  found.set(signals, known);
  return known;
}

/** Of each target of a kind what an expression about it can see. One list serves all rules. */
export function scopesOf(kind: TargetKind, facts: Facts, poolName: string): Map<string, Scope> {
  if (kind === 'pool') return new Map([[poolName, { pool: facts.pool }]]);
  const all = facts[`${kind}s`];
  const readings = Object.values(all);
  const scopes = Object.keys(all).map((target, index): [string, Scope] => {
    const own = readings[index] as Signals;
    const peers = readings.filter((_, at) => at !== index);
    return [target, { pool: facts.pool, [kind]: own, peers, known: knownOf(own) }];
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
