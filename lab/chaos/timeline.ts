/** What happened during a fault, in one order: what was done to the bench, and what Weir saw, decided, did and told. */

export interface Happening {
  /** Wall clock in ms: everything is on one machine. */
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

/** So many lines of one speaker are shown that follow one another and differ only in their figures. */
const ALIKE_SHOWN = 3;

/** One line each, with seconds since the start. Pure. */
export function printTimeline(title: string, from: number, happenings: readonly Happening[]): string {
  const shown = withoutRepetition(happenings);
  const width = Math.max(0, ...shown.map(({ who }) => who.length));
  const lines = shown.map(
    ({ at, who, what }) => `${((at - from) / 1_000).toFixed(2).padStart(8)} s  ${who.padEnd(width)}  ${what}`,
  );
  return `\n== ${title}\n${lines.join('\n')}\n`;
}

function withoutRepetition(happenings: readonly Happening[]): Happening[] {
  const shown: Happening[] = [];
  const last = new Map<string, { text: string; count: number; at: number }>();
  const flush = (who: string) => {
    const { count = 0, at = 0 } = last.get(who) ?? {};
    if (count > ALIKE_SHOWN) shown.push({ at, who, what: `... and ${count - ALIKE_SHOWN} more like these` });
    last.delete(who);
  };
  for (const one of happenings) {
    const text = one.what.replaceAll(/\d+/g, '#');
    if (last.get(one.who)?.text !== text) flush(one.who);
    const { count = 0 } = last.get(one.who) ?? {};
    last.set(one.who, { text, count: count + 1, at: one.at });
    if (count < ALIKE_SHOWN) shown.push(one);
  }
  for (const who of [...last.keys()]) flush(who);
  return shown.sort((one, other) => one.at - other.at);
}
