import type { RealServer, Thresholds } from '../../src/act/lvs/ipvsadm-arguments.ts';
import type { Lvs } from '../../src/act/lvs/lvs.ts';
import { WeirError } from '../../src/model/error.ts';
import type { Table, TableRow } from '../../src/model/readings/reading.ts';

interface Destination extends Thresholds {
  weight: number;
  activeConnections: number;
}

/** A stand-in for the kernel's table: hosts that run the unit tests have no ip_vs. The lab has the real one. */
export interface FakeLvs extends Lvs {
  /** Every change of Weir, in words. */
  readonly changes: string[];
  weight(member: string): number | undefined;
  thresholdsOf(member: string): Thresholds | undefined;
  connect(member: string, count: number): void;
  /** keepalived's health check fails: the server leaves the table. */
  keepalivedRemoves(member: string): void;
  /** keepalived's health check recovers: the server comes back at keepalived's own weight. */
  keepalivedAdds(member: string, weight: number): void;
  /** Somebody runs ipvsadm -e. */
  somebodySets(member: string, weight: number): void;
  expireNodestConn: boolean;
  /** The next change throws; `after`: though it was made. */
  fail: 'before' | 'after' | undefined;
  unreadable: boolean;
  /** Called between the look at a member and the change of it. */
  beforeChange: () => void;
  /** Why the table cannot be changed at all; undefined: it can. */
  closed: string | undefined;
}

/** As measured on Linux 6.1: a member that is added again sooner has its connections back. */
const KERNEL_FORGETS_MS = 20;

export function createFakeLvs(weights: Readonly<Record<string, number>>): FakeLvs {
  const members = Object.keys(weights);
  const rows = new Map<string, Destination>();
  const trash = new Map<string, { active: number; at: number }>();
  for (const [name, weight] of Object.entries(weights)) {
    rows.set(name, { weight, upper: 0, lower: 0, activeConnections: 0 });
  }

  function change(text: string, apply: () => void): void {
    const fail = lvs.fail;
    lvs.fail = undefined;
    if (fail === 'before') throw new WeirError('system', 'ipvsadm failed.');
    apply();
    lvs.changes.push(text);
    if (fail === 'after') throw new WeirError('system', 'ipvsadm failed after it had done it.');
  }

  function row(place: RealServer): Destination {
    const found = rows.get(place.member);
    if (found === undefined) throw new WeirError('system', `${place.member} is not in the LVS table.`);
    return found;
  }

  const lvs: FakeLvs = {
    changes: [],
    expireNodestConn: true,
    fail: undefined,
    unreadable: false,
    beforeChange: () => {},
    closed: undefined,
    weight: (member) => rows.get(member)?.weight,
    thresholdsOf(member) {
      const found = rows.get(member);
      return found && { upper: found.upper, lower: found.lower };
    },
    connect(member, count) {
      const found = rows.get(member);
      if (found !== undefined) found.activeConnections += count;
    },
    keepalivedRemoves: (member) => void rows.delete(member),
    keepalivedAdds: (member, weight) => void rows.set(member, { weight, upper: 0, lower: 0, activeConnections: 0 }),
    somebodySets(member, weight) {
      const found = rows.get(member);
      if (found !== undefined) found.weight = weight;
    },

    async read() {
      if (lvs.unreadable) throw new WeirError('system', '/proc/net/ip_vs cannot be read.');
      return Object.fromEntries(
        members.map((name) => {
          const found = rows.get(name);
          const seen: TableRow = {
            listed: found !== undefined,
            weight: found?.weight ?? 0,
            activeConnections: found?.activeConnections ?? 0,
            inactiveConnections: 0,
          };
          return [name, seen];
        }),
      ) satisfies Table;
    },
    async check() {
      if (lvs.closed !== undefined) throw new WeirError('system', lvs.closed);
    },
    async setWeight(place, weight, mayStill) {
      const found = row(place);
      lvs.beforeChange();
      await mayStill?.();
      change(`${place.member} to ${weight}`, () => {
        found.weight = weight;
      });
    },
    async thresholds(place) {
      const { upper, lower } = row(place);
      return { upper, lower };
    },
    async remove(place) {
      if (!lvs.expireNodestConn) throw new WeirError('refused', 'expire_nodest_conn is 0.');
      const found = row(place);
      change(`remove ${place.member}`, () => {
        rows.delete(place.member);
        trash.set(place.member, { active: found.activeConnections, at: performance.now() });
      });
    },
    async add(place, weight, thresholds) {
      change(`add ${place.member} at ${weight}`, () => {
        const old = trash.get(place.member);
        const revived = old !== undefined && performance.now() - old.at < KERNEL_FORGETS_MS ? old.active : 0;
        rows.set(place.member, { weight, ...thresholds, activeConnections: revived });
      });
    },
  };
  return lvs;
}
