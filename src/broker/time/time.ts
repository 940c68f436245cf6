/** What time it is, told from what the broker says of itself and what a process knows by its own monotonic clock. Pure. */

/** The broker's clock is followed within this, in ms. Beyond, it has stepped, or another broker has taken over. */
export const APART_MS = 5_000;

/**
 * Who is so far behind the highest id, in ms, goes by a clock that stood still while others went on. Less than makes a reading
 * stale: one that stayed behind by more would not be heard any more.
 */
const BEHIND_MS = 2_000;

/** In so long everybody who is there has appended something, in ms. */
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

/** What a process goes by. In ms. */
export interface Reckoning {
  readonly now: number;
  /** By how much broker time is ahead of the broker's clock; 0 while that is followed. */
  readonly lead: number;
}

/**
 * What a process goes by after a look.
 * @param own what it goes by itself at the moment of the look; undefined when it has just started.
 * @param quietMs how long it has seen the highest id stand still.
 * @returns undefined where one that has just started cannot tell yet.
 */
export function reckon(own: Reckoning | undefined, look: TimeLook, quietMs = 0): Reckoning | undefined {
  const { clock, last = Number.NEGATIVE_INFINITY } = look;
  // Its own clock stood still while others went on: theirs counts.
  const wasPaused = own !== undefined && last - own.now > BEHIND_MS;
  if (own !== undefined && !wasPaused) {
    const said = clock + own.lead;
    return Math.abs(said - own.now) <= APART_MS ? { now: said, lead: own.lead } : goOn(own.now, clock);
  }
  const said = clock + look.lead;
  if (said < last - APART_MS) return goOn(last, clock);
  const isSure = look.last === undefined || said <= last + APART_MS || quietMs >= LISTEN_MS;
  if (isSure) return { now: said, lead: look.lead };
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
