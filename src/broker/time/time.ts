/** Computes broker time from what the broker says and from the process's own monotonic clock. Pure. */

/** The broker's clock is followed within this, in ms. Beyond, it has stepped, or another broker has taken over. */
export const APART_MS = 5_000;

/**
 * A process this far behind the highest id, in ms, has a clock that stood still while others went on. Less than what makes a reading
 * stale: a process that stayed further behind would no longer be heard.
 */
const BEHIND_MS = 2_000;

/** Within so long every process that runs has appended something, in ms. */
export const LISTEN_MS = 3_000;

/** One look at the broker. All in ms. */
export interface TimeLook {
  /** Its own clock. */
  readonly clock: number;
  /** Time of the highest id; absent where the stream is empty. */
  readonly last?: number;
  /** By how much broker time was ahead of that clock, as the last entry says. */
  readonly lead: number;
}

/** The time of a process, in ms. */
export interface Reckoning {
  readonly now: number;
  /** By how much broker time is ahead of the broker's clock; 0 while that is followed. */
  readonly lead: number;
}

/**
 * Computes the time of a process after a look.
 * @param own its own time at the moment of the look; undefined when it has just started.
 * @param quietMs how long it has seen the highest id stand still.
 * @returns undefined where a process that has just started cannot tell yet.
 */
export function reckon(own: Reckoning | undefined, look: TimeLook, quietMs = 0): Reckoning | undefined {
  const { clock, last = Number.NEGATIVE_INFINITY } = look;
  // Its own clock stood still while others went on: theirs counts.
  const wasPaused = own !== undefined && last - own.now > BEHIND_MS;
  if (own !== undefined && !wasPaused) {
    const theirTime = clock + own.lead;
    return Math.abs(theirTime - own.now) <= APART_MS ? { now: theirTime, lead: own.lead } : goOn(own.now, clock);
  }
  const clockTime = clock + look.lead;
  if (clockTime < last - APART_MS) return goOn(last, clock);
  const isSure = look.last === undefined || clockTime <= last + APART_MS || quietMs >= LISTEN_MS;
  if (isSure) return { now: clockTime, lead: look.lead };
  return wasPaused ? goOn(last, clock) : undefined;
}

/** Time goes on from `now`, whatever the broker's clock says. */
function goOn(now: number, clock: number): Reckoning {
  const lead = now - clock;
  return Math.abs(lead) <= APART_MS ? { now: clock, lead: 0 } : { now, lead };
}

/**
 * The clock of the broker is right after all, as nodes say: where it is ahead it is followed. Where it is behind broker time
 * cannot follow, for ids never go back.
 */
export function followClock({ now, lead }: Reckoning): Reckoning {
  return lead < 0 ? { now: now - lead, lead: 0 } : { now, lead };
}
