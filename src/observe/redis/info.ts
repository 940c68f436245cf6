/** Parses INFO: section headers and `name:value` lines. A value stays text until somebody asks for a number. */

export type Info = ReadonlyMap<string, string>;

/** Never throws: a line that is no `name:value` is skipped. */
export function parseInfo(text: string): Info {
  const info = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) info.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return info;
}

/** Whether Redis reads its data back: after a start, or as a replica that goes on serving meanwhile. */
export function isLoading(info: Info): boolean {
  return info.get('loading') === '1' || info.get('async_loading') === '1';
}

/**
 * No figure of INFO is below 0 or as large as this. -1 stands for what a server does not know (Tendis, Dragonfly), and a
 * counter that fell below 0 shows as nearly 2^64.
 */
const NO_FIGURE = 2 ** 63;

/** Returns a field as a figure; undefined when it is absent or no figure. */
export function numberOf(info: Info, name: string): number | undefined {
  return figureOf(info.get(name));
}

/** Returns one part of a field like `cmdstat_rpush:calls=64,usec=100,rejected_calls=1`. */
export function partOf(info: Info, name: string, part: string): number | undefined {
  const found = info
    .get(name)
    ?.split(',')
    .find((field) => field.startsWith(`${part}=`));
  return figureOf(found?.slice(part.length + 1));
}

function figureOf(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const value = Number(text);
  return value >= 0 && value < NO_FIGURE ? value : undefined;
}
