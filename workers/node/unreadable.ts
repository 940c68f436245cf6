/** Sentences about what the broker says of a pool and this node cannot read. In memory. */

export interface UnreadableLeases {
  /** Notes the ids of desired leases of the pool that cannot be read, or are not sealed as they must be. */
  note(pool: string, ids: readonly string[]): void;
  of(pool: string): readonly string[];
}

export function createUnreadable(): UnreadableLeases {
  const sentences = new Map<string, readonly string[]>();
  return {
    note(pool, ids) {
      const named = `Ignored: ${ids.join(', ')} in the broker is no lease, or no worker sealed it.`;
      sentences.set(pool, ids.length === 0 ? [] : [named]);
    },
    of: (pool) => sentences.get(pool) ?? [],
  };
}
