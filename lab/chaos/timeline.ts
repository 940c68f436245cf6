/** What happened during a fault, in one order: what was done to the bench, what Weir saw, decided, did and told. */

export interface Happening {
  /** Wall clock in ms; everything is on one machine. */
  readonly at: number;
  readonly who: string;
  readonly what: string;
}

export interface Timeline {
  add(who: string, what: string, at?: number): void;
  since(at: number): readonly Happening[];
}

export function createTimeline(): Timeline {
  const all: Happening[] = [];
  return {
    add: (who, what, at = Date.now()) => void all.push({ at, who, what }),
    since: (at) => all.filter((one) => one.at >= at).sort((one, other) => one.at - other.at),
  };
}

/** One line each, with seconds since the start. Pure. */
export function printTimeline(title: string, from: number, happenings: readonly Happening[]): string {
  const width = Math.max(0, ...happenings.map(({ who }) => who.length));
  const lines = happenings.map(
    ({ at, who, what }) => `${((at - from) / 1_000).toFixed(2).padStart(8)} s  ${who.padEnd(width)}  ${what}`,
  );
  return `\n== ${title}\n${lines.join('\n')}\n`;
}
