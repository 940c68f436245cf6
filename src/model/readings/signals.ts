/**
 * The catalogue of signals: every field that a rule can name, with type, unit and meaning. Observers fill them, rules
 * are checked against them, `weir rules signals` prints them. A field that is not here does not exist.
 */

export type SignalType = 'double' | 'string' | 'bool';

/** What `typeof` says of a signal. */
export const TYPE_OF: Readonly<Record<SignalType, string>> = { double: 'number', string: 'string', bool: 'boolean' };

export interface SignalSpec<Type extends SignalType = SignalType> {
  readonly type: Type;
  readonly unit: string;
  /** Where the value comes from. */
  readonly source: string;
  readonly meaning: string;
}

function bool(source: string, meaning: string): SignalSpec<'bool'> {
  return { type: 'bool', unit: '', source, meaning };
}
function double(unit: string, source: string, meaning: string): SignalSpec<'double'> {
  return { type: 'double', unit, source, meaning };
}
function text(source: string, meaning: string): SignalSpec<'string'> {
  return { type: 'string', unit: '', source, meaning };
}

/** seconds_to_full says at most this: "30 days or more, or not growing". Absent would make every rule on it unknown. */
export const MAX_SECONDS_TO_FULL = 2_592_000;

/** Over this share of its limit a member counts as filling, whatever its growth. */
export const FILLING_RATIO = 0.85;

const MEMBER = {
  answering: bool('poll', 'Redis gave a complete answer within poll.timeout, or refused to'),
  writable: bool('LINSERT, else INFO', 'a push would be accepted now; unknown where nobody can say'),
  refusal: text(
    'LINSERT, else INFO',
    'why a push would be refused (OOM, READONLY, LOADING, MISCONF, PAUSED, ...), empty when it would not',
  ),
  write_seconds: double('s', 'LINSERT', 'how long Redis took to answer the probe of writes'),
  locked_out: text(
    'poll',
    'what keeps an observer from looking (password, permission, command, maxclients, protected-mode, tls, other), empty when nothing does; then nothing else is known, but for queue_depth at times',
  ),
  memory_bytes: double('bytes', 'INFO memory', 'used memory that counts against the limit'),
  memory_limit_bytes: double(
    'bytes',
    'INFO memory',
    'maxmemory (of CONFIG GET where INFO has none), or memory_budget where it is 0',
  ),
  memory_ratio: double('0..1', 'INFO memory', 'memory_bytes / memory_limit_bytes'),
  memory_growth: double('bytes/s', 'window', 'slope of memory_bytes over poll.window'),
  seconds_to_full: double('s', 'window', 'time until the limit at the present growth; 2592000 when it is not growing'),
  filling: bool('window', 'seconds_to_full under policy.min_seconds_to_full, or memory_ratio over 0.85'),
  full: bool('LINSERT, else INFO', 'writes are refused for memory'),
  queue_depth: double('items', 'LLEN', 'items in all queues'),
  queue_growth: double('items/s', 'window', 'slope of queue_depth over poll.window'),
  inflow_rate: double('bytes/s', 'INFO stats', 'bytes that Redis received'),
  consume_rate: double(
    'bytes/s',
    'INFO stats',
    'bytes that Redis sent, less what this observer made it send; each other observer makes it send about 5 kB/s',
  ),
  push_rate: double(
    'calls/s',
    'INFO commandstats',
    'accepted pushes (LPUSH, RPUSH and their X forms); before Redis 6.2 failed ones among them',
  ),
  take_rate: double(
    'calls/s',
    'INFO commandstats',
    'calls that consumers take items with (EVALSHA, BLPOP, RPOPLPUSH, ...), as push_rate',
  ),
  refused_writes: double(
    'count',
    'INFO commandstats',
    'pushes refused or failed within poll.window; Redis before 6.2 does not count them',
  ),
  refused_rate: double('writes/s', 'INFO commandstats', 'the same as a rate: logs that are being lost now'),
  evicted_keys: double('count', 'INFO stats', 'keys evicted within poll.window: must stay 0 in a buffer'),
  connections: double('count', 'INFO clients', 'connected clients'),
  consumers: double('count', 'CLIENT LIST, seldom', 'connections that take items'),
  consumers_on_vip: double('count', 'CLIENT LIST, seldom', 'of these, the ones that came through the VIP'),
  role: text(
    'INFO replication',
    "in the server's own word: master, slave, replica (Dragonfly), active-replica (KeyDB)",
  ),
  maxmemory_policy: text(
    'INFO memory',
    'in its own word; but for noeviction and the volatile ones, full it loses logs silently',
  ),
  uptime_seconds: double('s', 'INFO server', 'since Redis started'),
  listed: bool("the MASTER's table", 'the member is in the LVS table'),
  weight: double('', "the MASTER's table", 'its weight there; 0 when it is not listed'),
  active_connections: double('count', "the MASTER's table", 'connections that the director counts as established'),
  serving: bool('readings', 'listed, weight above 0, writable'),
  held: bool('leases', 'Weir holds a lease on it'),
  master: bool('readings', 'its node is the MASTER: producers come through it'),
} as const satisfies Record<string, SignalSpec>;

const DIRECTOR = {
  state: text('keepalived', 'MASTER, BACKUP, FAULT, INIT, DOWN, HUNG, ORPHAN, MISMATCH'),
  keepalived: bool('/proc', 'the process is alive'),
  vip: bool('the interfaces', 'the VIP is where keepalived puts it, or left it (lo does not count)'),
  priority: double('', 'keepalived', 'effective priority'),
  handover: double('', 'the handover file', 'what is added to its priority to move the VIP; 0 when nothing is held'),
  kept_off: bool('the handover file', 'it says something else than 0: the VIP is kept away on purpose'),
  nopreempt: bool('keepalived', 'a higher priority does not take the VIP back'),
  adverts_received_rate: double('adverts/s', 'keepalived', 'adverts heard from the peer'),
  last_transition_seconds: double('s', 'keepalived', 'since the last change of state'),
  lvs: bool('/proc/net/ip_vs', "the pool's service is in this node's table"),
  listed_members: double('count', '/proc/net/ip_vs', 'members in this table'),
  weighted_members: double('count', '/proc/net/ip_vs', 'members with weight above 0 in this table'),
  connection_rate: double(
    'connections/s',
    '/proc/net/ip_vs_stats',
    'new connections through this director; near 0 with persistent producers',
  ),
  packet_rate: double('packets/s', '/proc/net/ip_vs_stats', 'packets in through this director'),
  byte_rate: double('bytes/s', '/proc/net/ip_vs_stats', 'bytes in through this director'),
  bystander: bool('keepalived', 'no VRRP instance of this node is MASTER: its LVS has nothing to do'),
  off_intent: text(
    'the LVS table',
    'writable members that are missing here, or at a weight that neither weir.yaml nor a lease asks for; empty when none is',
  ),
  clock_skew: double('s', "the node's clock", "how far it is ahead of the broker's; negative when it is behind"),
} as const satisfies Record<string, SignalSpec>;

const CONSUMER = {
  answering: bool('poll', "logstash's monitoring API gave a complete answer within poll.timeout"),
  events_in_rate: double('events/s', '/_node/stats/pipelines', 'events taken in, all pipelines'),
  events_out_rate: double('events/s', '/_node/stats/pipelines', 'events delivered, all pipelines'),
  worker_utilization: double('percent', '/_node/stats/pipelines', 'the busiest pipeline, over the last minute'),
} as const satisfies Record<string, SignalSpec>;

const POOL = {
  members: double('count', 'weir.yaml', 'members that the pool should have'),
  known_members: double('count', '', 'members with a fresh reading'),
  answering_members: double('count', '', 'members whose Redis answers'),
  writable_members: double('count', '', 'members that would accept a push'),
  listed_members: double('count', "the MASTER's table", 'members in the LVS table'),
  serving_members: double('count', '', 'members that are listed, weighted and writable'),
  filling_members: double('count', '', 'members that are filling'),
  full_members: double('count', '', 'members that refuse writes for memory'),
  memory_ratio: double('0..1', '', 'used memory of all known members / their limits'),
  queue_depth: double('items', '', 'sum over known members'),
  queue_growth: double('items/s', '', 'sum over known members'),
  inflow_rate: double('bytes/s', '', 'sum over known members'),
  consume_rate: double('bytes/s', '', 'sum over known members'),
  refused_writes: double('count', '', 'sum over members that count them; 0 only where all that answer do'),
  refused_rate: double('writes/s', '', 'the same as a rate'),
  seconds_to_full: double('s', '', 'of the member that is full first'),
  most_events_out_rate: double('events/s', '', 'of the answering consumer that delivers most'),
  directors: double('count', 'weir.yaml', 'nodes of the pool'),
  fresh_directors: double('count', '', 'nodes whose VRRP and LVS side was read within poll.stale_after'),
  masters: double('count', '', 'fresh nodes that are MASTER or hold the VIP'),
  vrrp: text(
    'readings',
    'OK: one fresh node has the VIP; DUAL: several have it; NO_MASTER: all nodes are fresh and none has it',
  ),
  master: text('readings', "the MASTER's name, empty when no fresh node is MASTER"),
  master_fresh: bool('readings', 'a fresh node is MASTER'),
  weir_yaml_differs: text(
    'sweeps and workers',
    'who has which weir.yaml (pool, policy, poll), empty when nobody differs',
  ),
  broker_trouble: text('INFO of the broker', 'what is wrong with it, empty when nothing is'),
  alerts_firing: double('count', 'Alertmanager', 'alerts that fire there; unknown until it has sent something'),
  alerts: text('Alertmanager', 'names of the alerts that fire there, sorted, a space between them'),
} as const satisfies Record<string, SignalSpec>;

/** What can be named of each kind of target. */
export type Catalogue = Readonly<Record<TargetKind, Readonly<Record<string, SignalSpec>>>>;

export const SIGNALS: Catalogue = {
  pool: POOL,
  member: MEMBER,
  director: DIRECTOR,
  consumer: CONSUMER,
};

export type SignalValue = number | string | boolean;

/** Signals by any name, as rules read them; those that rule files declare are among them. */
export type Signals = Readonly<Record<string, SignalValue>>;

/** The signals of one kind of target, each with the type that the catalogue gives it. An unknown one is absent. */
type SignalsOf<Specs extends Record<string, SignalSpec>> = {
  readonly [Name in keyof Specs]?: { double: number; string: string; bool: boolean }[Specs[Name]['type']];
};

export type PoolSignals = SignalsOf<typeof POOL>;
export type MemberSignals = SignalsOf<typeof MEMBER>;
export type DirectorSignals = SignalsOf<typeof DIRECTOR>;
export type ConsumerSignals = SignalsOf<typeof CONSUMER>;

/** Signals that are still being filled in. */
export type Mutable<S> = { -readonly [Name in keyof S]: S[Name] };

/** What a rule can be about. */
export type TargetKind = 'pool' | 'member' | 'director' | 'consumer';
