/** What this node's own polls saw of its pool's members: in memory, and gone with the process. */

export interface MemberSeen {
  readonly answering: boolean;
  readonly writable: boolean;
}

/** One poll of a pool by this node. */
export interface PollView {
  readonly pool: string;
  /** Broker time in ms. */
  readonly now: number;
  /** A member that was not looked at is absent. */
  readonly members: Readonly<Record<string, MemberSeen>>;
}

export interface Readings {
  add(view: PollView): void;
  /** Members that the last poll saw writable; nobody when it is older than stale_after. */
  writable(now: number): ReadonlySet<string>;
  /** What the last poll saw; undefined when it is older than stale_after. */
  seen(member: string, now: number): MemberSeen | undefined;
  /** Since when every poll saw the member writable, with no gap longer than stale_after; undefined when the last did not. */
  writableSince(member: string, now: number): number | undefined;
}

export function createReadings(staleAfterMs: number): Readings {
  let last: PollView | undefined;
  const since = new Map<string, number>();

  function fresh(now: number): PollView | undefined {
    return last !== undefined && now - last.now <= staleAfterMs ? last : undefined;
  }

  return {
    add(view) {
      if (fresh(view.now) === undefined) since.clear();
      last = view;
      for (const member of [...since.keys()]) {
        if (view.members[member]?.writable !== true) since.delete(member);
      }
      for (const [member, seen] of Object.entries(view.members)) {
        if (seen.writable && !since.has(member)) since.set(member, view.now);
      }
    },
    writable(now) {
      const members = Object.entries(fresh(now)?.members ?? {});
      return new Set(members.filter(([, seen]) => seen.writable).map(([name]) => name));
    },
    seen: (member, now) => fresh(now)?.members[member],
    writableSince: (member, now) => (fresh(now) === undefined ? undefined : since.get(member)),
  };
}
