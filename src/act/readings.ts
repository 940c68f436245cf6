/** What this node's own polls saw of its pool's members and of itself: in memory, and gone with the process. */

import type { DirectorSignals } from '../model/readings/signals.ts';

/**
 * What ends by its time alone raises a member, or lets the VIP come back to a node, only where Redis was seen writable for so
 * long, in ms.
 */
export const WRITABLE_FOR_MS = 10_000;

export interface MemberSeen {
  readonly answering: boolean;
  /** Absent: it answers and does not let this node see (src/lib/redis/refusals.ts). */
  readonly writable?: boolean;
}

/** One poll of a pool by this node. */
export interface PollView {
  readonly pool: string;
  /** Broker time in ms. */
  readonly now: number;
  /** A member that was not looked at is absent. */
  readonly members: Readonly<Record<string, MemberSeen>>;
  /** This node's VRRP side; absent where it could not be read. */
  readonly director?: DirectorSignals;
}

export interface Readings {
  add(view: PollView): void;
  /** The last poll; undefined before the first, and when it is older than stale_after. */
  latest(now: number): PollView | undefined;
  /** Members that the last poll saw writable; nobody when it is older than stale_after. */
  writable(now: number): ReadonlySet<string>;
  /** What the last poll saw; undefined when it is older than stale_after. */
  seen(member: string, now: number): MemberSeen | undefined;
  /** This node's VRRP side by the last poll, where that is fresh and, with `since`, began after it. */
  director(now: number, since?: number): DirectorSignals | undefined;
  /** True once after the VIP came to this node. */
  tookOver(): boolean;
  /** Since when every poll saw the member writable, with no gap longer than stale_after; undefined when the last did not. */
  writableSince(member: string, now: number): number | undefined;
  /**
   * Notes whether somebody serves by the last poll. undefined: not known, which neither begins a row of polls nor ends one.
   * @returns for how long the polls that knew have seen nobody, in a row with no gap longer than stale_after, in ms.
   */
  unserved(serves: boolean | undefined): number;
}

export function createReadings(staleAfterMs: number): Readings {
  let last: PollView | undefined;
  let isMaster: boolean | undefined;
  let tookOver = false;
  let nobody: { readonly since: number; readonly at: number } | undefined;
  const since = new Map<string, number>();

  function fresh(now: number): PollView | undefined {
    return last !== undefined && now - last.now <= staleAfterMs ? last : undefined;
  }

  return {
    add(view) {
      // Time goes back once: when a node that went by its machine's clock hears broker time for the first time.
      if (fresh(view.now) === undefined || (last !== undefined && view.now < last.now)) since.clear();
      last = view;
      if (view.director?.state !== undefined) {
        const master = view.director.state === 'MASTER';
        if (master && isMaster === false) tookOver = true;
        isMaster = master;
      }
      for (const member of [...since.keys()]) {
        if (view.members[member]?.writable !== true) since.delete(member);
      }
      for (const [member, seen] of Object.entries(view.members)) {
        if (seen.writable === true && !since.has(member)) since.set(member, view.now);
      }
    },
    latest: fresh,
    writable(now) {
      const members = Object.entries(fresh(now)?.members ?? {});
      return new Set(members.filter(([, seen]) => seen.writable === true).map(([name]) => name));
    },
    director(now, since = 0) {
      const view = fresh(now);
      return view !== undefined && view.now > since ? view.director : undefined;
    },
    tookOver() {
      const taken = tookOver;
      tookOver = false;
      return taken;
    },
    unserved(serves) {
      if (serves === true || last === undefined) nobody = undefined;
      if (serves !== false || last === undefined) return 0;
      const { now } = last;
      const goesOn = nobody !== undefined && now >= nobody.at && now - nobody.at <= staleAfterMs;
      nobody = { since: goesOn && nobody !== undefined ? nobody.since : now, at: now };
      return now - nobody.since;
    },
    seen: (member, now) => fresh(now)?.members[member],
    writableSince: (member, now) => (fresh(now) === undefined ? undefined : since.get(member)),
  };
}
