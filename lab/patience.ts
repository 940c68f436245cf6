/**
 * How long is waited, at most. Limits in the lab are written for a machine that does nothing else; the tests, which run side
 * by side with others, set WEIR_PATIENCE to wait several times as long before they call something lost.
 */

const FACTOR = Number(process.env.WEIR_PATIENCE ?? 1);

/** The limit, in ms, on a machine as busy as this one is said to be. */
export function patient(limitMs: number): number {
  return limitMs * FACTOR;
}
