/** What `NAME.expect.md` of test/cases/readings says is right, as data. */

import type { SignalValue } from '../../../src/model/readings/signals.ts';

/** A value, or what may be said of one; absent is `undefined`. */
export type Expected = SignalValue | Among | undefined;

/** Of a value whose right reading is not one figure alone. */
export interface Among {
  readonly says: string;
  holds(value: unknown): boolean;
}

export interface ReadingExpected {
  /** Signals by the number of the poll, from 1 on: `'3'`, `'2-5'`, `'31-'`, `'all'`. */
  readonly polls?: Readonly<Record<string, Readonly<Record<string, Expected>>>>;
  /** The same where weir.yaml has a memory_budget of so many bytes. */
  readonly withBudget?: { readonly bytes: number; readonly signals: Readonly<Record<string, Expected>> };
  /** One trouble at least reads so. */
  readonly trouble?: RegExp;
  /** None reads so. */
  readonly noTrouble?: RegExp;
  readonly clients?: { readonly all: number; readonly takers: number };
  /** Rows by member: listed, with this weight and so many active connections. Empty: no member is told of. */
  readonly table?: Readonly<Record<string, { readonly weight: number; readonly activeConnections: number }>>;
  readonly director?: Readonly<Record<string, Expected>>;
  /** Names of the alerts that each pool is told of. */
  readonly alerts?: Readonly<Record<string, readonly string[]>>;
}

const ABSENT = undefined;

function not(value: SignalValue | undefined): Among {
  return { says: `not ${value ?? 'absent'}`, holds: (one) => one !== value };
}

function oneOf(...values: readonly (SignalValue | undefined)[]): Among {
  return {
    says: values.map((one) => one ?? 'absent').join(' or '),
    holds: (one) => values.includes(one as SignalValue),
  };
}

/** To three digits after the point, as the words have it. */
function near(value: number): Among {
  return { says: `about ${value}`, holds: (one) => typeof one === 'number' && Math.abs(one - value) < 0.0006 };
}

/** What is wrong with a value, in words; undefined when it is right. */
export function wrongWith(name: string, value: unknown, expected: Expected): string | undefined {
  const isRight = typeof expected === 'object' ? expected.holds(value) : value === expected;
  if (isRight) return undefined;
  const right = typeof expected === 'object' ? expected.says : (expected ?? 'absent');
  return `${name} is ${value ?? 'absent'} instead of ${right}`;
}

const OOM = { writable: false, refusal: 'OOM', full: true };

export const READING_EXPECTED: Readonly<Record<string, ReadingExpected>> = {
  'info-2.8-full': {
    polls: { all: { answering: true, writable: not(true), full: not(false) } },
    trouble: /limit|maxmemory/,
    withBudget: { bytes: 8_388_608, signals: { memory_ratio: near(1.006), writable: not(true) } },
  },
  'info-after-loading': { polls: { '31-': { seconds_to_full: oneOf(ABSENT, 2_592_000), filling: false } } },
  'info-bulk-refused': { polls: { '2-4': OOM } },
  'info-cluster-down': { polls: { all: { writable: false, refusal: 'CLUSTERDOWN' } } },
  'info-dragonfly-cache': { polls: { all: { maxmemory_policy: 'eviction', memory_ratio: near(0.477) } } },
  'info-dragonfly-replica': { polls: { all: { writable: false, refusal: 'READONLY' } } },
  'info-empty': {
    polls: { all: { answering: true, writable: ABSENT, full: ABSENT, refused_writes: ABSENT, refused_rate: ABSENT } },
  },
  'info-keydb-writable': { polls: { all: { writable: true, role: 'active-replica', memory_ratio: near(0.018) } } },
  'info-misconf-drained': {
    polls: {
      1: { writable: not(true) },
      '2-5': { writable: false, refusal: 'MISCONF' },
      6: { writable: true, refusal: '' },
    },
  },
  'info-negative-memory': {
    polls: {
      all: {
        memory_bytes: ABSENT,
        memory_ratio: ABSENT,
        memory_growth: ABSENT,
        seconds_to_full: ABSENT,
        filling: ABSENT,
      },
    },
  },
  'info-noreplicas-drained': { polls: { '2-5': { writable: false, refusal: 'NOREPLICAS' } } },
  'info-pushes-fail': { polls: { 3: { push_rate: 0, refused_writes: 14 } } },
  'info-refusals-not-told-6.0': { polls: { all: { ...OOM, refused_writes: ABSENT, refused_rate: ABSENT } } },
  'info-takes-fail': { polls: { '2-3': { take_rate: 0 } } },
  'info-volatile-drained': { polls: { all: OOM } },
  'info-writable-replica': { polls: { all: { answering: true, role: 'slave', refusal: not('READONLY') } } },
  'server-2.4': {
    polls: {
      all: {
        answering: true,
        queue_depth: 3,
        memory_bytes: 799_064,
        role: 'master',
        writable: not(false),
        refusal: not('ERR'),
      },
    },
  },
  'server-client-list-silent': {
    polls: { all: { answering: true, writable: true, queue_depth: 5, consumers: ABSENT, consumers_on_vip: ABSENT } },
  },
  'server-info-renamed': {
    polls: { all: { answering: true, queue_depth: 12, writable: ABSENT, refusal: ABSENT } },
    trouble: /INFO/,
  },
  'server-maxclients': {
    polls: { all: { answering: true, writable: ABSENT, locked_out: 'maxclients' } },
    trouble: /max number of clients/,
  },
  'server-noauth': {
    polls: { all: { answering: true, writable: ABSENT, locked_out: 'password' } },
    trouble: /password/,
  },
  'server-wrongpass': {
    polls: { all: { answering: true, writable: ABSENT, locked_out: 'password' } },
    trouble: /password/,
  },
  'clients-takers': { clients: { all: 7, takers: 4 } },
  'ipvs-port-0': {
    table: { a: { weight: 100, activeConnections: 4 }, b: { weight: 0, activeConnections: 2 } },
    noTrouble: /has no service/,
  },
  'ipvs-two-marks': { table: {}, trouble: /mark/ },
  'vrrp-no-such-vip': { director: { state: not('HUNG') }, trouble: /no vrrp_instance .*192\.0\.2\.229/ },
  'vrrp-vmac': { director: { state: 'MASTER', vip: true } },
  'alerts-100': { alerts: forEachPool(new Array(100).fill('KubePodCrashLooping')) },
  'alerts-foreign-pool': { alerts: { logs: ['RedisDown', 'DiskFull'], metrics: ['DiskFull'] } },
  'alerts-grafana': { alerts: forEachPool(['High_memory_usage', 'DatasourceNoData']) },
  'alerts-long-label': { alerts: forEachPool(['ContainerOomKilled', 'RedisDown']) },
};

/** An alert without a label `pool` is of every pool. */
function forEachPool(names: readonly string[]): Record<string, readonly string[]> {
  return { logs: names, metrics: names };
}
