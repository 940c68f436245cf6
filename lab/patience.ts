/**
 * How long is waited, at most. Limits in the lab are written for a machine that does nothing else; the tests, which run side
 * by side with others, set WEIR_PATIENCE to wait several times as long before they call something lost.
 */

const FACTOR = Number(process.env.WEIR_PATIENCE ?? 1);

/** Returns the limit, in ms, for a machine that is as busy as WEIR_PATIENCE says. */
export function patient(limitMs: number): number {
  return limitMs * FACTOR;
}
