/** What comes again and again is told once, and from then on how often: a log is no place for a flood. */

/** Between two words on the same thing, in ms. */
const EVERY_MS = 60_000;

/** Things that are counted apart; the rest is one more. */
const MAX_THINGS = 1_000;

const THE_REST = '(others)';

export interface Tally {
  /** The first time is told at once, what follows within a minute when that is over, with its number. */
  note(thing: string): void;
  stop(): void;
}

export function createTally(tell: (thing: string, times: number) => void, everyMs = EVERY_MS): Tally {
  let counts = new Map<string, number>();
  const timer = setInterval(() => {
    const before = counts;
    counts = new Map();
    for (const [thing, times] of before) {
      if (times === 0) continue;
      tell(thing, times);
      counts.set(thing, 0);
    }
  }, everyMs);
  timer.unref();
  return {
    note(thing) {
      const key = counts.has(thing) || counts.size < MAX_THINGS ? thing : THE_REST;
      const times = counts.get(key);
      counts.set(key, (times ?? 0) + (times === undefined ? 0 : 1));
      if (times === undefined) tell(key, 1);
    },
    stop: () => clearInterval(timer),
  };
}
