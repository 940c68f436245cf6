/**
 * The version of what Weir's processes write for each other: state, jobs, sweeps, desired leases. It is no release: it grows
 * when one that knows only what was before must not go on with what stands there. docs/upgrades.md says who decides then.
 */
export const FORMAT_VERSION = 2;

/** The version of what was written; the first one wrote none. */
export function versionOf(written: number | undefined): number {
  return written ?? 1;
}

/** What people are told by who is too old for a pool. */
export function newerState(pool: string, newest: number): string {
  return `A newer Weir decides in pool ${pool}: its state is of version ${newest}, and this one knows ${FORMAT_VERSION} at most, so it leaves the pool alone. Update it; to go back to an older one: docs/upgrades.md.`;
}
