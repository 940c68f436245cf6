const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "500ms", "1s", "2h30m" to ms; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (UNIT_MS[unit as string] as number);
  }
  return total;
}

/** "3/1h" to at most 3 in any stretch of an hour; undefined for anything else. */
export function parseBudget(text: string): { readonly max: number; readonly perMs: number } | undefined {
  const [, count, per = ''] = /^(\d{1,6})\/(.+)$/.exec(text) ?? [];
  const perMs = parseDuration(per);
  return count === undefined || perMs === undefined || perMs <= 0 ? undefined : { max: Number(count), perMs };
}

/** Milliseconds for people: "450 ms", "12 s", "3 min 20 s", "2 h 5 min", "4 d". */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d`;
}
