/** What the broker says of a pool and this node cannot read, in sentences. In memory. */

export interface UnreadableLeases {
  /** Ids of what the broker has as leases of the pool now and are none. */
  note(pool: string, ids: readonly string[]): void;
  of(pool: string): readonly string[];
}

export function createUnreadable(): UnreadableLeases {
  const sentences = new Map<string, readonly string[]>();
  return {
    note(pool, ids) {
      const named = `What the broker has as lease ${ids.join(', ')} is none: it is passed over. Another version wrote it.`;
      sentences.set(pool, ids.length === 0 ? [] : [named]);
    },
    of: (pool) => sentences.get(pool) ?? [],
  };
}
