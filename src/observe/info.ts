/** INFO: section headers, `name:value` lines. Everything stays text until somebody asks for a number. */

export type Info = ReadonlyMap<string, string>;

/** Never throws: a line that is no `name:value` is passed over. */
export function parseInfo(text: string): Info {
  const info = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) info.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return info;
}

/** A field as a finite number; undefined when it is absent or none. */
export function numberOf(info: Info, name: string): number | undefined {
  const text = info.get(name);
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** One part of a field like `cmdstat_rpush:calls=64,usec=100,rejected_calls=1`. */
export function partOf(info: Info, name: string, part: string): number | undefined {
  const found = info
    .get(name)
    ?.split(',')
    .find((one) => one.startsWith(`${part}=`));
  if (found === undefined) return undefined;
  const value = Number(found.slice(part.length + 1));
  return Number.isFinite(value) ? value : undefined;
}
